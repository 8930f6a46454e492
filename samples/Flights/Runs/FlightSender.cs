namespace Weir.Samples.Flights.Runs;

using Weir.Client;
using Weir.Engine.Time;
using Weir.Samples.Flights.Input;

/// <summary>
/// Sends all flights in the order of reporting, each reported minute as a batch, and seals the topic. The producer
/// bounds what is under way, so the size of the input does not matter for memory.
/// </summary>
internal sealed class FlightSender(IWeirClient client, FlightReader reader, long bytesToRead)
{
    private EventTime _latest = EventTime.MinValue;
    private long _sent;
    private long _bytesRead;
    private string? _firstOrigin;

    /// <summary>Flights sent so far.</summary>
    public long Sent => Volatile.Read(ref _sent);

    /// <summary>How much of the input has been sent, from 0 to 1.</summary>
    public double Fraction => bytesToRead == 0 ? 1 : Volatile.Read(ref _bytesRead) / (double)bytesToRead;

    /// <summary>The airport of the first flight, or null before it.</summary>
    public string? FirstOrigin => Volatile.Read(ref _firstOrigin);

    /// <summary>Sends everything; all of it is stored when this returns.</summary>
    public async Task SendAllAsync(CancellationToken cancellation)
    {
        await using (Producer<Flight> producer = client.CreateProducer(FlightsJob.Flights))
        {
            while (reader.TryReadBatch(out IReadOnlyList<Flight>? batch))
            {
                await producer.SendBatchAsync(batch, cancellation);
                Note(batch);
            }

            // Every partition then ends at the same event time, whichever flights it holds, if any: what becomes of
            // the last day does not depend on the number of partitions.
            if (_latest.HasValue)
                await producer.AdvanceAsync(_latest, cancellation);
            await producer.FlushAsync(cancellation);
        }

        await client.SealAsync(FlightsJob.Flights, cancellation);
    }

    private void Note(IReadOnlyList<Flight> batch)
    {
        for (int i = 0; i < batch.Count; i++)
            _latest = EventTime.Max(_latest, batch[i].Scheduled);
        Volatile.Write(ref _firstOrigin, FirstOrigin ?? batch[0].Origin);
        Volatile.Write(ref _bytesRead, reader.BytesRead);
        Volatile.Write(ref _sent, Sent + batch.Count);
    }
}

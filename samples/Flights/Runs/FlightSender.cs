namespace Weir.Samples.Flights.Runs;

using System.Diagnostics;
using Weir.Client;
using Weir.Contracts;
using Weir.Engine.Time;
using Weir.Samples.Flights.Input;

/// <summary>
/// Sends all flights in the order of reporting, each reported minute as a batch, and seals the topic. The producer
/// bounds what is under way, so the size of the input does not matter for memory. It has a name, under which the log
/// counts what it sends: whatever an earlier run has stored is not sent again.
/// </summary>
/// <param name="client">The client.</param>
/// <param name="reader">All flights, from the first one on.</param>
/// <param name="producerName">Its name.</param>
/// <param name="limits">The size of the input, and after how many flights sent the process kills itself; null: never.
/// </param>
internal sealed class FlightSender(
    IWeirClient client, FlightReader reader, string producerName, (long BytesToRead, long? KillAfter) limits)
{
    private EventTime _latest = EventTime.MinValue;
    private long _handled;
    private long _stored;
    private long _bytesRead;
    private string? _firstOrigin;

    /// <summary>Flights that are sent or were stored before.</summary>
    public long Handled => Volatile.Read(ref _handled);

    /// <summary>Those of them that an earlier run had stored.</summary>
    public long StoredBefore => Volatile.Read(ref _stored);

    /// <summary>How much of the input has been sent, from 0 to 1.</summary>
    public double Fraction => limits.BytesToRead == 0 ? 1 : Volatile.Read(ref _bytesRead) / (double)limits.BytesToRead;

    /// <summary>The airport of the first flight, or null before it.</summary>
    public string? FirstOrigin => Volatile.Read(ref _firstOrigin);

    /// <summary>Sends everything; all of it is stored when this returns.</summary>
    public async Task SendAllAsync(CancellationToken cancellation)
    {
        var options = new ProducerOptions { Name = producerName };
        await using (Producer<Flight> producer = client.CreateProducer(FlightsJob.Flights, options))
        {
            var stored = new StoredFlights(await producer.StoredAsync(cancellation));
            while (reader.TryReadBatch(out IReadOnlyList<Flight>? batch))
            {
                IReadOnlyList<Flight> rest = stored.Rest(batch);
                if (rest.Count > 0)
                    await producer.SendBatchAsync(rest, cancellation);
                Note(batch, stored.Count);
            }

            // Every partition then ends at the same event time, whichever flights it holds, if any: what becomes of
            // the last day does not depend on the number of partitions. Telling one of them twice changes nothing.
            if (_latest.HasValue && !stored.HasEnd)
                await producer.AdvanceAsync(_latest, cancellation);
            await producer.FlushAsync(cancellation);
        }

        await client.SealAsync(FlightsJob.Flights, cancellation);
    }

    private void Note(IReadOnlyList<Flight> batch, long stored)
    {
        for (int i = 0; i < batch.Count; i++)
            _latest = EventTime.Max(_latest, batch[i].Scheduled);
        Volatile.Write(ref _firstOrigin, FirstOrigin ?? batch[0].Origin);
        Volatile.Write(ref _bytesRead, reader.BytesRead);
        Volatile.Write(ref _stored, stored);
        Volatile.Write(ref _handled, Handled + batch.Count);
        if (Handled - stored >= limits.KillAfter)
            Kill();
    }

    // As if the power had gone: nothing is flushed, no handler runs.
    private static void Kill()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}

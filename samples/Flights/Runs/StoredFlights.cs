namespace Weir.Samples.Flights.Runs;

using Weir.Engine.Codecs;

/// <summary>
/// Leaves out what the log has from an earlier run. The flights come in the same order again, so of each partition these
/// are the first so many; a batch is stored as a whole, so a partition's share of a batch is left out as a whole too.
/// </summary>
/// <param name="stored">What the log has of this producer, by partition: flights, plus one if the end is told.</param>
internal sealed class StoredFlights(IReadOnlyList<long> stored)
{
    private readonly long[] _left = [.. stored];
    private readonly CodecRegistry _codecs = new();
    private readonly List<Flight> _rest = [];

    /// <summary>How many flights were left out so far.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// Whether every partition has been told that the end is reached; to be asked when all flights have come.
    /// </summary>
    public bool HasEnd => Array.TrueForAll(_left, left => left > 0);

    /// <summary>The flights of a batch that the log does not have, valid until the next call.</summary>
    public IReadOnlyList<Flight> Rest(IReadOnlyList<Flight> batch)
    {
        if (Array.TrueForAll(_left, left => left == 0))
            return batch;
        _rest.Clear();
        foreach (Flight flight in batch)
        {
            int partition = FlightsJob.Flights.PartitionOf(flight, _left.Length, _codecs)!.Value;
            if (_left[partition] > 0)
            {
                _left[partition]--;
                Count++;
            }
            else
            {
                _rest.Add(flight);
            }
        }

        return _rest;
    }
}

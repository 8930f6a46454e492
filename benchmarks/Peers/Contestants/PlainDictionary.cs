namespace Weir.Benchmarks.Peers.Contestants;

using System.Runtime.InteropServices;

/// <summary>A loop over a dictionary: the floor, with no timers, no snapshots and no durability.</summary>
internal sealed class PlainDictionary : IContestant
{
    private readonly Dictionary<long, (long Window, long Sum)> _open = [];
    private Sums _sums;

    public Task RunAsync(Reading[] readings)
    {
        foreach (ref readonly Reading reading in readings.AsSpan())
        {
            long window = Workload.WindowOf(in reading);
            ref (long Window, long Sum) state =
                ref CollectionsMarshal.GetValueRefOrAddDefault(_open, reading.Key, out bool exists);
            if (exists && state.Window != window)
            {
                _sums.Add(reading.Key, state.Window, state.Sum);
                state.Sum = 0;
            }

            state.Window = window;
            state.Sum += reading.Amount;
        }

        foreach ((long key, (long window, long sum)) in _open)
            _sums.Add(key, window, sum);
        return Task.CompletedTask;
    }

    public Task<Sums> SumsAsync() => Task.FromResult(_sums);
}

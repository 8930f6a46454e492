namespace Weir.Benchmarks.Peers.Contestants;

using System.Reactive;
using System.Reactive.Linq;
using System.Reactive.Subjects;

/// <summary>System.Reactive: a window that closes when time reaches its end, grouped by key inside.</summary>
internal sealed class ReactiveExtensions : IContestant
{
    private Sums _sums;

    public Task RunAsync(Reading[] readings)
    {
        using var source = new Subject<Reading>();
        using var boundaries = new Subject<Unit>();
        using IDisposable subscription = source
            .Window(boundaries)
            .SelectMany(window => window
                .GroupBy(reading => (reading.Key, Window: Workload.WindowOf(in reading)))
                .SelectMany(group => group.Sum(reading => reading.Amount).Select(sum => (group.Key, Sum: sum))))
            .Subscribe(result => _sums.Add(result.Key.Key, result.Key.Window, result.Sum));
        long open = readings.Length > 0 ? Workload.WindowOf(in readings[0]) : 0;
        foreach (Reading reading in readings)
        {
            long window = Workload.WindowOf(in reading);
            if (window != open)
                boundaries.OnNext(Unit.Default);
            open = window;
            source.OnNext(reading);
        }

        source.OnCompleted();
        return Task.CompletedTask;
    }

    public Task<Sums> SumsAsync() => Task.FromResult(_sums);
}

namespace Weir.Grains.Tests.Placement;

using System.Collections.Concurrent;
using System.Diagnostics;
using Weir.Client;

/// <summary>
/// Checks what readers of a growing view are told. Invariant of right answers: within an epoch a value never falls; a
/// checkpoint has one value per key, whoever is asked; and no answer is of an older epoch than one that was seen before
/// it was asked for.
/// </summary>
internal sealed class ReadOracle
{
    private readonly ConcurrentDictionary<(long Checkpoint, string Key), long> _stored = new();
    private readonly ConcurrentDictionary<(long Epoch, string Key), long> _live = new();
    private long _epoch;
    private int _fromCheckpoints;
    private int _reads;
    private long _longest;

    public int FromCheckpoints => _fromCheckpoints;

    /// <summary>The latest epoch that answered.</summary>
    public long Epoch => Volatile.Read(ref _epoch);

    public async Task ReadAsync<T>(IKeyedView<string, T> view, string key, Func<T, long> valueOf)
    {
        long epoch = Volatile.Read(ref _epoch);
        long atLeast = _live.GetValueOrDefault((epoch, key));
        long begin = Stopwatch.GetTimestamp();
        ViewAnswer<T>? answer = await view.FindAsync(key);
        long took = (long)Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        Max(ref _longest, took);
        Interlocked.Increment(ref _reads);
        Assert.NotNull(answer);
        Assert.True(answer.Epoch >= epoch, $"epoch {answer.Epoch} answered after epoch {epoch} had");
        Max(ref _epoch, answer.Epoch);
        long value = valueOf(answer.Value);
        if (answer.Checkpoint is { } checkpoint)
        {
            Interlocked.Increment(ref _fromCheckpoints);
            Assert.Equal(_stored.GetOrAdd((checkpoint, key), value), value);
            return;
        }

        if (answer.Epoch == epoch)
            Assert.True(value >= atLeast, $"{key} fell from {atLeast} to {value} in epoch {epoch}");
        _live.AddOrUpdate((answer.Epoch, key), value, (_, known) => Math.Max(known, value));
    }

    public override string ToString() =>
        $"{_reads} reads, {_fromCheckpoints} of them from checkpoints, the longest took {_longest} ms";

    private static void Max(ref long place, long value)
    {
        long known;
        while ((known = Volatile.Read(ref place)) < value && Interlocked.CompareExchange(ref place, value, known) != known)
        {
        }
    }
}

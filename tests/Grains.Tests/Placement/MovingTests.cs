namespace Weir.Grains.Tests.Placement;

using System.Diagnostics;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Grains.Tests.Jobs;
using Xunit.Abstractions;

/// <summary>Jobs on silos that come, leave and die while events flow.</summary>
public sealed class MovingTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-moves-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task FromOneSiloToThreeToTwo_NothingIsLostOrCountedTwice()
    {
        await using MoveFlow flow = await MoveFlow.StartAsync(_directory, 1);
        long epoch = (await flow.StatusAsync()).Epoch;
        Pauses.Clear();
        await flow.Cluster.Silos.StartSilosAsync(2);
        epoch = (await flow.MovedAsync(epoch, 3)).Epoch;
        Tell("1 to 3 silos");

        Pauses.Clear();
        await flow.Cluster.Silos.StopSiloAsync(flow.Cluster.Silos.Silos[flow.SiloOf(MoveFlow.PlaceOf("job"))]);
        JobStatus status = await flow.MovedAsync(epoch, 2);
        Tell("3 to 2 silos");

        // Nobody failed, so no restart strategy was asked: this job has none.
        Assert.Equal(0, status.Restarts);
        await flow.FinishAsync();
    }

    [Theory]
    [InlineData("job")]
    [InlineData("group")]
    [InlineData("agent")]
    public async Task ASiloThatIsKilled_IsReplacedWithinTenSeconds(string what)
    {
        await using MoveFlow flow = await MoveFlow.StartAsync(_directory, 3);
        long epoch = (await flow.MovedAsync(0, 3)).Epoch;
        int victim = flow.SiloOf(MoveFlow.PlaceOf(what));
        Pauses.Clear();
        long killed = Stopwatch.GetTimestamp();
        await flow.Cluster.Silos.KillSiloAsync(flow.Cluster.Silos.Silos[victim]);
        await flow.UntilAsync(status => status.State == JobState.Running && status.Epoch > epoch
            && status.Operators.Sum(each => each.Events) > 0);
        TimeSpan took = Stopwatch.GetElapsedTime(killed);
        output.WriteLine($"first result {took.TotalMilliseconds:F0} ms after the kill began");
        Assert.True(took < TimeSpan.FromSeconds(10), $"the first new result came after {took}");
        await flow.MovedAsync(epoch, 2);
        Tell($"kill of the silo of the {what}");
        await flow.FinishAsync();
    }

    [Fact]
    public async Task ReadsWhileASiloIsKilled_AreAllAnswered()
    {
        const int reads = 100_000;
        await using MoveFlow flow = await MoveFlow.StartAsync(_directory, 3);
        long epoch = (await flow.MovedAsync(0, 3)).Epoch;
        IKeyedView<string, CountedMoves.Number> view = flow.Client.View("counted-moves", CountedMoves.Last);
        var oracle = new ReadOracle();
        int issued = 0;
        Task[] readers = [.. Enumerable.Range(0, 24).Select(reader => Task.Run(async () =>
        {
            for (int i = reader; Interlocked.Increment(ref issued) <= reads; i += 7)
                await oracle.ReadAsync(view, MoveFlow.Names[i % MoveFlow.Users], number => number.Value);
        }))];
        using (var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5)))
        {
            while (Volatile.Read(ref issued) < reads / 10)
                await pace.WaitForNextTickAsync();
        }

        Task killing = flow.Cluster.Silos.KillSiloAsync(
            flow.Cluster.Silos.Silos[flow.SiloOf(MoveFlow.PlaceOf("job"))]);
        await Task.WhenAll(readers);
        await killing;
        output.WriteLine(oracle.ToString());

        // Between two epochs of a group lie milliseconds: whether a read falls into them is chance.
        Assert.True(oracle.FromCheckpoints > 0 || oracle.Epoch > epoch, "no read fell into the recovery");
        await flow.MovedAsync(epoch, 2);
        await flow.FinishAsync();
    }

    private void Tell(string what)
    {
        IReadOnlyList<TimeSpan> pauses = Pauses.Longest;
        output.WriteLine($"{what}: pause per key p50 {Ms(0.5)}, p99 {Ms(0.99)}, max {Ms(1)} ms");

        string Ms(double share) => $"{pauses[(int)((pauses.Count - 1) * share)].TotalMilliseconds:F0}";
    }
}

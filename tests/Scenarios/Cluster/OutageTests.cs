namespace Weir.Scenarios.Cluster;

using System.Diagnostics;
using Npgsql;
using Weir.Client;
using Weir.Connectors.Tests.Ado;
using Weir.Grains.Tests.Placement;
using Weir.Soak.Flows;
using Weir.Soak.Jobs;
using Weir.Soak.Runs;
using Xunit.Abstractions;

/// <summary>
/// What happens to a cluster of real processes while a job runs and events are sent: after each, all that was sent so far
/// has come out, once.
/// </summary>
public sealed class OutageTests(FlowingCluster flowing, ITestOutputHelper output) : IClassFixture<FlowingCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>How long tens of thousands of reads may take, half of them beside a silo that is dead.</summary>
    private static readonly TimeSpan PatienceOfReads = TimeSpan.FromMinutes(4);

    [PostgreSqlFact]
    public async Task A_database_that_is_away_for_a_while_is_waited_for()
    {
        var run = new OutageRun(flowing.Cluster, flowing.Client);

        IReadOnlyList<string> problems = await run.PassAsync(flowing.Flow, TimeSpan.FromSeconds(5));

        output.WriteLine($"{run.Explanation}; a new checkpoint after {run.Recovery.TotalSeconds:F1} s");
        Assert.Empty(problems);
        Assert.Equal(["ready", "ready", "ready"], await flowing.Cluster.HealthAsync());
        await AssertAllOutAsync();
    }

    [PostgreSqlFact]
    public async Task Connections_that_are_reset_again_and_again_lose_and_double_nothing()
    {
        const string EndAll = """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND datname = 'weir'
            """;
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(
            $"Host=127.0.0.1;Port={flowing.Cluster.DatabasePort};Username=weir;Password=weir;Database=postgres");
        long ended = 0;
        long begin = Stopwatch.GetTimestamp();
        using (var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(150)))
        {
            for (int i = 0; i < 20 || (ended <= 50 && Stopwatch.GetElapsedTime(begin) < Patience); i++)
            {
                await using NpgsqlCommand end = database.CreateCommand(EndAll);
                ended += (long)(await end.ExecuteScalarAsync())!;
                await pace.WaitForNextTickAsync();
            }
        }

        output.WriteLine($"{ended} connections were ended");
        Assert.True(ended > 50, $"{ended} connections were ended");
        await flowing.Flow.GoesOnAsync(Patience);
        await AssertAllOutAsync();
    }

    [PostgreSqlFact]
    public async Task Commits_whose_answers_are_lost_lose_and_double_nothing()
    {
        int before = flowing.Proxy.Cuts;
        flowing.Proxy.LosesAnswerOfEvery = 5;
        await Conditions.UntilAsync(
            () => Task.FromResult(flowing.Proxy.Cuts >= before + 20), Patience, "Twenty lost answers");
        flowing.Proxy.LosesAnswerOfEvery = 0;

        await flowing.Flow.GoesOnAsync(Patience);
        await AssertAllOutAsync();
    }

    [PostgreSqlFact]
    public async Task Reads_are_answered_while_one_silo_after_another_is_killed()
    {
        const int Reads = 100_000;
        IKeyedView<string, VisitCount> view = flowing.Client.View(CountVisits.JobName, CountVisits.Latest);
        var oracle = new ReadOracle();
        long epoch = (await flowing.Client.DescribeJobAsync(CountVisits.JobName)).Epoch;
        int issued = 0;
        using var recovered = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 24).Select(reader => Task.Run(async () =>
        {
            for (int i = reader; Interlocked.Increment(ref issued) <= Reads || !recovered.IsCancellationRequested; i += 7)
                await oracle.ReadAsync(view, VisitFlow.Names[i % VisitFlow.Users], count => count.Value);
        }))];

        await KillAsync(1, Reads / 10);
        await KillAsync(2, Reads / 2);
        await recovered.CancelAsync();
        await Task.WhenAll(readers);

        output.WriteLine(oracle.ToString());
        Assert.True(oracle.FromCheckpoints > 0 || oracle.Epoch > epoch, "no read fell into a recovery");
        await AssertAllOutAsync();
        await flowing.Cluster.RunAsync("start", "1");
        await flowing.Cluster.RunAsync("start", "2");

        // A reader that has failed says so in the end.
        async Task KillAsync(int silo, int after)
        {
            await Conditions.UntilAsync(
                () => Task.FromResult(Volatile.Read(ref issued) >= after || Array.Exists(readers, each => each.IsFaulted)),
                PatienceOfReads,
                $"{after} reads");
            await flowing.Cluster.RunAsync("kill", $"{silo}");
            await flowing.Flow.GoesOnAsync(Patience);
        }
    }

    private async Task AssertAllOutAsync()
    {
        VisitReport report = await flowing.Flow.CompareAsync(Patience);
        output.WriteLine($"{report.Visits} visits, {flowing.Flow.Replaced.Times} producers replaced so far");
        Assert.Empty(report.Problems);
    }
}

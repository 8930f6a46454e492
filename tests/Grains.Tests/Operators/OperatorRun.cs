namespace Weir.Grains.Tests.Operators;

using System.Collections.Concurrent;
using System.Globalization;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Tests.Jobs;
using Weir.Grains.Tests.Logs;
using Weir.Protocol.Logs;

/// <summary>
/// Runs all scenarios at once in one cluster over one log, whose clock moves by a second from round to round: so input
/// is stamped alike in every run and in the harness. What goes wrong with one scenario is told by its own test.
/// </summary>
public abstract class OperatorRun : IAsyncLifetime
{
    private const int AtOnce = 6;
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-operators-").FullName;
    private readonly ManualTime _time = new();
    private readonly ConcurrentDictionary<string, Exception> _faults = [];
    private readonly ConcurrentDictionary<string, Outcome> _outcomes = [];
    private JobCluster? _cluster;

    protected OperatorRun() => Begin = EventTime.From(_time.GetUtcNow());

    /// <summary>When the first round is sent.</summary>
    internal EventTime Begin { get; }

    protected abstract short Silos { get; }

    /// <summary>The scenarios that can be run in this way.</summary>
    protected virtual IReadOnlyList<OperatorScenario> Scenarios => OperatorScenarios.All;

    private protected JobCluster Cluster => _cluster!;

    internal static int RoundCount => OperatorScenarios.All.Max(scenario => scenario.Rounds.Count);

    public async Task InitializeAsync()
    {
        await OpenAsync();
        await RunAsync();
        await ForEachAsync(async scenario => _outcomes[scenario.Name] = await CollectAsync(scenario));
    }

    public async Task DisposeAsync()
    {
        await Cluster.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public async Task CheckAsync(string name)
    {
        OperatorScenario scenario = OperatorScenarios.Find(name);
        if (_faults.TryGetValue(name, out Exception? fault))
            Assert.Fail($"{name} did not come to its end: {fault}");
        _outcomes[name].CheckAgainst(await Outcome.OfHarnessAsync(scenario, Begin), scenario);
    }

    protected abstract Task RunAsync();

    protected virtual bool IsSentInRounds(OperatorScenario scenario) => true;

    protected async Task OpenAsync() => _cluster = await JobCluster.StartAsync(
        _directory,
        Silos,
        parts: new JobClusterParts
        {
            Jobs = [.. OperatorScenarios.All.Select(scenario => scenario.GetType())],
            LogTime = _time,
        });

    protected async Task CloseAsync() => await Cluster.DisposeAsync();

    protected Task ForEachAsync(Func<OperatorScenario, Task> work) => Parallel.ForEachAsync(
        Scenarios,
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (scenario, cancellation) =>
        {
            if (_faults.ContainsKey(scenario.Name))
                return;
            try
            {
                await work(scenario).WaitAsync(JobCluster.Patience, cancellation);
            }
            catch (Exception fault)
            {
                _faults[scenario.Name] = fault;
            }
        });

    protected async Task CreateTopicsAsync(OperatorScenario scenario)
    {
        foreach (Topic topic in scenario.Inputs.Concat<Topic>(scenario.Outputs))
            await Cluster.Client.CreateTopicAsync(topic, new TopicOptions { Partitions = scenario.Partitions });
    }

    protected Task StartAsync(OperatorScenario scenario) => Cluster.Client.StartJobAsync(scenario.Name);

    /// <summary>Moves the clock to a round and sends what belongs to it.</summary>
    protected async Task SendRoundAsync(int round)
    {
        if (round > 0)
            _time.Move(TimeSpan.FromSeconds(1));
        await ForEachAsync(async scenario =>
        {
            if (!IsSentInRounds(scenario))
                return;
            await TickAsync(scenario, round);
            if (round >= scenario.Rounds.Count)
                return;
            if (scenario.Rounds[round].After is { } watermark)
                await WaitAsync(scenario, first => first.Watermark >= watermark);
            foreach ((Topic<Reading> topic, Reading[] events) in scenario.Rounds[round].Sends)
                await Cluster.Client.SendAsync(topic, events);
        });
    }

    protected async Task SealAsync(OperatorScenario scenario)
    {
        // The end of one topic takes time to its end past the events of another that counts as idle.
        if (scenario.DependsOnArrival)
            await WaitAsync(scenario, first => first.Events == scenario.AllReadings.Count());
        foreach (Topic<Reading> topic in scenario.Inputs)
            await Cluster.Client.SealAsync(topic);
    }

    protected Task FinishAsync(OperatorScenario scenario) => Cluster.FinishedAsync(scenario.Name);

    /// <summary>Leases ticks as a job does that runs.</summary>
    protected async Task LeaseAsync(OperatorScenario scenario)
    {
        foreach (TopicPartition place in TicksOf(scenario))
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"t:{place.Topic}/{place.Partition}");
            await Cluster.Orleans.GetGrain<IAppendGrain>(key).LeaseTicksAsync();
        }
    }

    /// <summary>
    /// Waits until the ticks that the job asks for have come to the present moment. Only a job that works by the clock
    /// as events come has to be told the first, for it asks for none before there is an event.
    /// </summary>
    private async Task TickAsync(OperatorScenario scenario, int round)
    {
        EventTime now = Begin + TimeSpan.FromSeconds(round);
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        foreach (TopicPartition place in TicksOf(scenario))
        {
            if (round == 0 && scenario.UsesClock)
            {
                await Cluster.Log.AppendAsync(new AppendRequest
                {
                    Partition = place,
                    Batches = [new NewBatch { Kind = BatchKind.Tick, Schema = "" }],
                });
            }

            while ((await Cluster.Log.DescribeAsync(place)).Stamp < now)
            {
                patience.Token.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }

    private Task<JobStatus> WaitAsync(OperatorScenario scenario, Func<OperatorStatus, bool> until) =>
        Cluster.Client.WaitForJobAsync(scenario.Name, status =>
            status.State == JobState.Running && status.Operators.Length > 0 && until(status.Operators[0]));

    private static IEnumerable<TopicPartition> TicksOf(OperatorScenario scenario) => scenario.Ticking.SelectMany(
        topic => Enumerable.Range(0, scenario.Partitions).Select(partition => new TopicPartition(topic.Name, partition)));

    private async Task<Outcome> CollectAsync(OperatorScenario scenario)
    {
        var lines = new Dictionary<string, IReadOnlyList<string>>();
        foreach (Topic<string> topic in scenario.Outputs)
            lines.Add(topic.Name, await Cluster.ReadAllAsync(topic));
        var view = new Dictionary<string, long>();
        foreach (string key in scenario.View is null ? [] : Outcome.KeysOf(scenario))
            view.Add(key, (await Cluster.Client.View(scenario.Name, scenario.View!).FindAsync(key))!.Value);
        JobStatus status = await Cluster.Client.DescribeJobAsync(scenario.Name);
        return new Outcome(lines, status.Operators.ToDictionary(each => each.Name, each => each.LateEvents), view);
    }
}

/// <summary>All scenarios, by name.</summary>
public static class OperatorScenarios
{
    public static IReadOnlyList<OperatorScenario> All { get; } =
    [
        .. typeof(OperatorScenario).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(OperatorScenario)) && !type.IsAbstract)
            .Select(type => (OperatorScenario)Activator.CreateInstance(type)!)
            .OrderBy(scenario => scenario.Name, StringComparer.Ordinal),
    ];

    public static IReadOnlyList<OperatorScenario> Replayable { get; } =
        [.. All.Where(scenario => !scenario.DependsOnArrival)];

    public static TheoryData<string> Names => [.. All.Select(scenario => scenario.Name)];

    public static TheoryData<string> NamesOfReplayable => [.. Replayable.Select(scenario => scenario.Name)];

    public static OperatorScenario Find(string name) => All.Single(scenario => scenario.Name == name);
}

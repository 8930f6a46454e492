namespace Weir.Grains.Jobs;

using System.Globalization;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Graph;
using Weir.Engine.Time;
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;
using Weir.Protocol.Sources;

/// <summary>One epoch of a job: its participants, and which of them have ended.</summary>
internal sealed class JobRun
{
    private readonly HostedJob _job;
    private readonly EpochPlan _plan;
    private readonly (string Name, ISourceGrain Grain, string Topic, int Partition)[] _sources;
    private readonly (string Name, IKeyGroupGrain Grain, int Operator)[] _groups;
    private readonly HashSet<string> _running;
    private readonly WatermarkAlignment _alignment = new();

    public JobRun(IGrainFactory grains, HostedJob job, EpochPlan plan)
    {
        _job = job;
        _plan = plan;
        var jobPlan = new JobPlan(job.Graph, job.Codecs, plan.Partitions);
        _sources = [.. Enumerable.Range(0, job.KeyPlan.SourceCount).SelectMany(source =>
        {
            string topic = job.KeyPlan.TopicOfSource(source).Name;
            return Enumerable.Range(0, plan.Partitions[topic]).Select(partition =>
            {
                string key = string.Create(CultureInfo.InvariantCulture, $"{job.Name}/{source}/{partition}");
                return (SourceOf(topic, partition), grains.GetGrain<ISourceGrain>(key), topic, partition);
            });
        })];
        _groups = [.. Enumerable.Range(0, job.KeyPlan.OperatorNames.Count).SelectMany(index => Enumerable
            .Range(0, jobPlan.InstancesOf(index))
            .Select(group => (
                ParticipantOf(job.KeyPlan.OperatorNames[index], group),
                grains.GetGrain<IKeyGroupGrain>(new GroupAddress(job.Name, index, group).ToString()),
                index)))];
        foreach ((string name, _, string topic, _) in _sources)
        {
            if (job.KeyPlan.AlignmentOf(topic) is { } alignment)
                _alignment.Add(name, alignment);
        }

        _running =
        [
            .. _sources.Where(source => !IsOfCommands(source.Topic)).Select(source => source.Name),
            .. _groups.Select(group => group.Name),
        ];
    }

    public long Epoch => _plan.Epoch;

    public static string ParticipantOf(string operatorName, int group) =>
        string.Create(CultureInfo.InvariantCulture, $"operator {operatorName}, group {group}");

    public static string SourceOf(string topic, int partition) =>
        string.Create(CultureInfo.InvariantCulture, $"source {topic}/{partition}");

    /// <summary>How far an aligned source may read; see <see cref="WatermarkAlignment.Report"/>.</summary>
    public EventTime? Align(string participant, EventTime watermark, bool counts) =>
        _alignment.Report(participant, watermark, counts);

    /// <summary>Groups are opened before the sources that feed them.</summary>
    public async Task OpenAsync(JobTopics topics)
    {
        await Task.WhenAll(_groups.Select(group => group.Grain.OpenAsync(_plan)));
        await Task.WhenAll(_sources.Select(async source =>
            await source.Grain.OpenAsync(_plan, await BeginOfAsync(topics, source.Topic, source.Partition))));
    }

    // Commands were meant for the state of then: an epoch that begins anew begins behind them.
    private Task<long> BeginOfAsync(JobTopics topics, string topic, int partition) => IsOfCommands(topic)
        ? topics.NextOffsetAsync(topic, partition)
        : topics.FirstOffsetAsync(topic, partition);

    private bool IsOfCommands(string topic) => topic == _job.Graph.Commands?.Name;

    /// <summary>Sources stop before the groups that they feed.</summary>
    public async Task CloseAsync()
    {
        await CloseSourcesAsync();
        await Task.WhenAll(_groups.Select(group => group.Grain.CloseAsync(Epoch)));
    }

    public Task CloseSourcesAsync() => Task.WhenAll(_sources.Select(source => source.Grain.CloseAsync(Epoch)));

    /// <summary>Notes that a participant has ended; true if it was the last.</summary>
    public bool HasEnded(string participant) => _running.Remove(participant) && _running.Count == 0;

    public async Task<SourceStatus[]> DescribeSourcesAsync() =>
    [
        .. (await Task.WhenAll(_sources
            .Where(source => !IsOfCommands(source.Topic))
            .Select(source => source.Grain.DescribeAsync()))).OfType<SourceStatus>(),
    ];

    public async Task<QuarantineReport[]> ListQuarantinedAsync()
    {
        GroupQuarantine[] groups = await Task.WhenAll(_groups
            .Where(group => _job.KeyPlan.Quarantines(group.Operator))
            .Select(group => group.Grain.ListQuarantinedAsync()));
        return [.. groups.SelectMany(group => group.Keys)];
    }

    public async Task<OperatorStatus[]> DescribeOperatorsAsync()
    {
        GroupStatus?[] groups = await Task.WhenAll(_groups.Select(group => group.Grain.DescribeAsync()));
        return [.. _job.KeyPlan.OperatorNames.Select((name, index) =>
        {
            GroupStatus[] own = [.. groups.Where((_, i) => _groups[i].Operator == index).OfType<GroupStatus>()];
            return new OperatorStatus(
                name,
                own.Sum(group => group.Events),
                own.Sum(group => group.LateEvents),
                own.Sum(group => group.Keys),
                own.Length > 0 ? own.Min(group => group.Watermark) : EventTime.MinValue)
            {
                Quarantined = own.Sum(group => group.Quarantined),
                DeadLetters = own.Sum(group => group.DeadLetters),
            };
        })];
    }
}

namespace Weir.Grains.Jobs;

using System.Globalization;
using Orleans.Runtime;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Time;
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;
using Weir.Protocol.Jobs;
using Weir.Protocol.Sources;

/// <summary>
/// The participants of one epoch of a job. Invariant: groups are opened before the sources that feed them, and each is
/// opened once: the activation that answered has the group for this epoch.
/// </summary>
internal sealed class JobRun
{
    // While an activation goes away it may still have a call under way.
    private const int OpenAttempts = 100;

    // Orleans may place a grain elsewhere for a moment, while its silos learn of each other.
    private const int AttemptsAtHome = 40;
    private static readonly TimeSpan OpenPause = TimeSpan.FromMilliseconds(50);
    private readonly HostedJob _job;
    private readonly EpochPlan _plan;
    private readonly SourcePart[] _sources;
    private readonly GroupPart[] _groups;
    private readonly Dictionary<string, IParticipantGrain> _participants;
    private readonly Dictionary<string, Guid> _activations = [];
    private readonly WatermarkAlignment _alignment = new();
    private Task _openings = Task.CompletedTask;
    private bool _isClosed;

    public JobRun(IGrainFactory grains, HostedJob job, EpochPlan plan)
    {
        _job = job;
        _plan = plan;
        JobPlan jobPlan = job.PlanFor(plan.Partitions);
        _sources = [.. Enumerable.Range(0, job.KeyPlan.SourceCount).SelectMany(source =>
        {
            string topic = job.KeyPlan.TopicOfSource(source).Name;
            return Enumerable.Range(0, jobPlan.PartitionsOf(topic)).Select(partition =>
            {
                string key = string.Create(CultureInfo.InvariantCulture, $"{job.Name}/{source}/{partition}");
                return new SourcePart(
                    Participants.OfSource(topic, partition), grains.GetGrain<ISourceGrain>(key), topic, partition);
            });
        })];
        _groups = [.. Enumerable.Range(0, job.KeyPlan.OperatorNames.Count).SelectMany(index => Enumerable
            .Range(0, jobPlan.InstancesOf(index))
            .Select(group => new GroupPart(
                Participants.OfGroup(job.KeyPlan.OperatorNames[index], group),
                grains.GetGrain<IKeyGroupGrain>(new GroupAddress(job.Name, index, group).ToString()),
                index)))];
        _participants = _sources.Select(source => (source.Name, Grain: (IParticipantGrain)source.Grain))
            .Concat(_groups.Select(group => (group.Name, Grain: (IParticipantGrain)group.Grain)))
            .ToDictionary(each => each.Name, each => each.Grain);
        foreach (SourcePart source in _sources)
        {
            if (job.KeyPlan.AlignmentOf(source.Topic) is { } alignment)
                _alignment.Add(source.Name, alignment);
        }
    }

    public long Epoch => _plan.Epoch;

    /// <summary>Where a participant belongs.</summary>
    public required Func<GrainId, SiloAddress?> HomeOf { get; init; }

    /// <summary>What the coordinator of a job has to know of it.</summary>
    public static JobShape ShapeOf(HostedJob job, IReadOnlyDictionary<string, int> partitions)
    {
        JobPlan plan = job.PlanFor(partitions);
        return new JobShape
        {
            Job = job.Name,
            Fingerprint = job.Graph.Fingerprint,
            Partitions = partitions,
            Operators = [.. plan.OperatorNames.Select(
                (name, index) => new ManifestOperator(name, plan.InstancesOf(index)))],
            Participants =
            [
                .. Enumerable.Range(0, plan.SourceCount)
                    .Select(source => plan.TopicOfSource(source).Name)
                    .SelectMany(topic => Enumerable.Range(0, plan.PartitionsOf(topic)).Select(partition =>
                        new JobParticipant(
                            Participants.OfSource(topic, partition), Ends: topic != job.Graph.Commands?.Name))),
                .. plan.OperatorNames.SelectMany((name, index) => Enumerable.Range(0, plan.InstancesOf(index))
                    .Select(group => new JobParticipant(Participants.OfGroup(name, group)))),
            ],
        };
    }

    /// <summary>How far an aligned source may read; see <see cref="WatermarkAlignment.Report"/>.</summary>
    public EventTime? Align(string participant, EventTime watermark, bool counts) =>
        _alignment.Report(participant, watermark, counts);

    /// <summary>Opens all participants, each with its part of the checkpoint that the epoch begins with.</summary>
    public async Task OpenAsync(EpochStart start, JobTopics topics)
    {
        await OpenAllAsync(_groups.Select(group => OpenAsync(
            group.Name, group.Grain, plan => group.Grain.OpenAsync(plan, PartOf(start.Restored, group.Name)))));
        CrashPoint.Pass(CrashLabels.RestoreBeforeSources);
        await OpenAllAsync(_sources.Select(source => OpenAsync(
            source.Name,
            source.Grain,
            async plan => await source.Grain.OpenAsync(
                plan,
                await BeginOfAsync(topics, source.Topic, source.Partition),
                PartOf(start.Restored, source.Name),
                LaterThan(start, source.Name)))));
    }

    // An activation that is about to go away refuses, and the next one takes the epoch; so it is with a silo that stops.
    private async Task OpenAsync(string participant, IGrain grain, Func<EpochPlan, Task<Guid>> open)
    {
        EpochPlan atHome = _plan with { Home = HomeOf(grain.GetGrainId()) };
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                _activations[participant] = await open(attempt > AttemptsAtHome ? _plan : atHome);
                return;
            }
            catch (Exception fault) when (IsPassing(fault) && attempt < OpenAttempts && !_isClosed)
            {
                await Task.Delay(OpenPause);
            }
        }
    }

    private static bool IsPassing(Exception fault) => fault is WeirException { Error: WeirError.Unavailable }
        or SiloUnavailableException or OrleansMessageRejectionException;

    // Of several failures the one that no restart can heal is the one to tell. All calls have ended when this has.
    private async Task OpenAllAsync(IEnumerable<Task> calls)
    {
        Task all = _openings = Task.WhenAll(calls);
        try
        {
            await all;
        }
        catch when (all.Exception?.InnerExceptions.FirstOrDefault(PermanentRefusals.Is) is { } fatal)
        {
            throw fatal;
        }

        if (_isClosed)
            throw new WeirException(WeirError.JobNotRunning, $"Epoch {Epoch} was closed while it was opened.");
    }

    /// <summary>Whether another activation than this was opened for a participant.</summary>
    public bool IsSecond(string participant, Guid activation) =>
        _activations.TryGetValue(participant, out Guid opened) && opened != activation;

    /// <summary>Asks every source for the barrier of a checkpoint; whoever does not hear it lets the checkpoint time
    /// out.</summary>
    /// <param name="trigger">The checkpoint.</param>
    /// <param name="gone">Told of a source that runs no more: nobody else sends it anything that would show it.</param>
    public void SendBarriers(JobAction.Trigger trigger, Action<string> gone)
    {
        CrashPoint.Pass(CrashLabels.BarrierBefore);
        foreach (SourcePart source in _sources)
        {
            SendBarrierAsync(source, trigger, gone).Ignore();
            CrashPoint.Pass(CrashLabels.BarrierBetweenSources);
        }
    }

    private async Task SendBarrierAsync(SourcePart source, JobAction.Trigger trigger, Action<string> gone)
    {
        try
        {
            await source.Grain.BarrierAsync(Epoch, trigger.Number, trigger.Holds);
        }
        catch (WeirException fault) when (fault.Error == WeirError.JobNotRunning)
        {
            gone(source.Name);
        }
    }

    /// <summary>Tells participants that a checkpoint was given up.</summary>
    public void Abort(long checkpoint)
    {
        foreach (IParticipantGrain participant in _participants.Values)
            participant.AbortAsync(Epoch, checkpoint).Ignore();
    }

    /// <summary>Tells a participant that a checkpoint is complete; completes when its output is published.</summary>
    public Task CommitAsync(string participant, long checkpoint) =>
        _participants[participant].CommitAsync(Epoch, checkpoint);

    /// <summary>The sources, which count their input from the last complete checkpoint on.</summary>
    public IEnumerable<string> Sources => _sources.Select(source => source.Name);

    /// <summary>Ends the input of all sources where they stand.</summary>
    public Task DrainAsync() => Task.WhenAll(_sources
        .Where(source => !IsOfCommands(source.Topic))
        .Select(source => source.Grain.DrainAsync(Epoch)));

    /// <summary>Lets sinks finish.</summary>
    public Task FinishAsync() =>
        Task.WhenAll(_participants.Values.Select(participant => participant.FinishAsync(Epoch)));

    /// <summary>Sources stop before the groups that they feed.</summary>
    public async Task CloseAsync()
    {
        _isClosed = true;
        Task openings = _openings;
        await CloseParticipantsAsync();
        if (openings.IsCompleted)
            return;

        // Who was being opened meanwhile may have heard of it in either order.
        await openings.ContinueWith(static _ => { }, TaskScheduler.Default);
        await CloseParticipantsAsync();
    }

    private async Task CloseParticipantsAsync()
    {
        try
        {
            await CloseSourcesAsync();
        }
        finally
        {
            await Task.WhenAll(_groups.Select(group => group.Grain.CloseAsync(Epoch)));
        }
    }

    public Task CloseSourcesAsync() => Task.WhenAll(_sources.Select(source => source.Grain.CloseAsync(Epoch)));

    // Commands were meant for the state of then: a job that begins anew begins behind them.
    private Task<long> BeginOfAsync(JobTopics topics, string topic, int partition) => IsOfCommands(topic)
        ? topics.NextOffsetAsync(topic, partition)
        : topics.FirstOffsetAsync(topic, partition);

    private bool IsOfCommands(string topic) => topic == _job.Graph.Commands?.Name;

    private static ReadOnlyMemory<byte> LaterThan(EpochStart start, string participant)
    {
        if (!start.Later.TryGetValue(participant, out IReadOnlyList<InputDigest>? later))
            return default;
        var bytes = new ByteWriter();
        foreach (InputDigest digest in later)
            digest.Write(bytes);
        return bytes.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> PartOf(Manifest? restored, string participant) =>
        restored?.ReportOf(participant) is { } report ? ManifestCodec.EncodeReport(report) : default;

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
            GroupStatus?[] all = [.. groups.Where((_, i) => _groups[i].Operator == index)];

            // A group that has not been opened yet answers for an older epoch, whose watermark may be ahead.
            GroupStatus[] own = [.. all.OfType<GroupStatus>().Where(group => group.Epoch == Epoch)];
            return new OperatorStatus(
                name,
                own.Sum(group => group.Events),
                own.Sum(group => group.LateEvents),
                own.Sum(group => group.Keys),
                own.Length > 0 && own.Length == all.Length ? own.Min(group => group.Watermark) : EventTime.MinValue)
            {
                Quarantined = own.Sum(group => group.Quarantined),
                DeadLetters = own.Sum(group => group.DeadLetters),
            };
        })];
    }

    private sealed record SourcePart(string Name, ISourceGrain Grain, string Topic, int Partition);

    private sealed record GroupPart(string Name, IKeyGroupGrain Grain, int Operator);
}

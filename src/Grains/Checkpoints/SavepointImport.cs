namespace Weir.Grains.Checkpoints;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Grains.Hosting;
using Weir.Grains.Jobs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Logs;

/// <summary>What an import works with.</summary>
internal sealed record ImportContext(
    HostedJob Job, IJobGrain Owner, ICheckpointStore Store, CheckpointShelf Shelf, IEventLog Log,
    JobTopics Topics);

/// <summary>
/// Brings a savepoint file into the store of a job. Invariant: nothing is referred to before all of it is stored and
/// matches its checksums; an import that is given up leaves files that the next but one epoch removes.
/// </summary>
internal sealed class SavepointImport(ImportContext context, ImportOptions options)
{
    private const long FileBytes = 32 << 20;
    private readonly SavepointIntake _intake = new();
    private readonly List<(SegmentRef Inside, byte[] Bytes)> _waiting = [];
    private readonly Dictionary<SegmentRef, SegmentRef> _stored = [];
    private string _name = "";
    private ReservedCheckpoint? _place;
    private CheckpointDescription? _done;

    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>Takes the next bytes.</summary>
    public async Task AddAsync(long position, ReadOnlyMemory<byte> bytes)
    {
        if (position > _intake.Received)
            throw new WeirException(
                WeirError.InvalidRequest, $"The bytes at {position} do not go on at {_intake.Received}: import it again.");
        long known = _intake.Received - position;
        if (known >= bytes.Length)
            return;
        _intake.Add(bytes.Span[(int)known..]);
        if (_intake.Manifest is { } manifest && _place is null)
            await AcceptAsync(manifest);
        while (_intake.TryTake(out byte[]? part, out SegmentRef inside))
            _waiting.Add((inside, part));
        if (_waiting.Sum(each => (long)each.Bytes.Length) >= FileBytes)
            await StoreAsync();
    }

    /// <summary>Makes it a savepoint of the job.</summary>
    public async Task<CheckpointDescription> FinishAsync()
    {
        if (_done is not null)
            return _done;
        if (!_intake.IsComplete)
            throw new CorruptDataException($"it ends after {_intake.Received} bytes, before its end");
        await StoreAsync();
        Manifest inside = _intake.Manifest!;
        JobGraph graph = context.Job.Graph;
        Manifest manifest = CommandsElsewhere.Without(
            SavepointFile.WithChains(inside, part => _stored[part]), graph) with
        {
            Job = context.Job.Name,
            Epoch = _place!.Epoch,
            Number = _place.Number,
            Savepoint = _name,
        };
        if (options.StateOnly)
            manifest = manifest with { Reports = [.. manifest.Reports.Where(report => report.Cut is null)] };
        await context.Topics.ReachCommandsAsync(graph, CommandsElsewhere.NextOf(inside, graph));
        CompleteCheckpoint complete = await context.Shelf.WriteAsync(manifest);
        return _done = await context.Owner.AdoptAsync(new CheckpointRecord { Retained = [complete] }.ToArray());
    }

    private async Task AcceptAsync(Manifest manifest)
    {
        HostedJob job = context.Job;
        if (manifest.Job != job.Name && manifest.Fingerprint != job.Graph.Fingerprint)
            throw new WeirException(
                WeirError.IncompatibleState,
                $"The file is a savepoint of the job '{manifest.Job}', whose graph is not that of '{job.Name}'.");
        foreach ((string topic, int partitions) in manifest.Partitions.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            if (job.Graph.Inputs.Any(input => input.Name == topic))
                await CheckInputAsync(manifest, topic, partitions);
        }

        _name = options.Name ?? manifest.Savepoint ?? FormattableString.Invariant($"imported-{manifest.Number}");
        _place = await context.Owner.ReserveCheckpointAsync(_name);
    }

    /// <summary>The state was made of this input: it must be there, from the savepoint's offsets on.</summary>
    private async Task CheckInputAsync(Manifest manifest, string topic, int partitions)
    {
        TopicInfo? found = await context.Log.FindTopicAsync(topic);
        if (found?.Partitions != partitions)
            throw new WeirException(
                WeirError.IncompatibleState,
                $"The savepoint was taken over {partitions} partitions of the topic '{topic}', and here "
                + (found is null ? "there is none" : $"it has {found.Partitions}")
                + $": create it with {partitions} partitions.");
        for (int partition = 0; partition < partitions && !options.StateOnly; partition++)
        {
            if (manifest.ReportOf(Participants.OfSource(topic, partition))?.Cut is not { } cut)
                continue;
            PartitionInfo info = await context.Log.DescribeAsync(new TopicPartition(topic, partition));
            if (cut.Next < info.First || cut.Next > info.Next)
                throw new WeirException(
                    WeirError.IncompatibleState,
                    $"The savepoint goes on at offset {cut.Next} of {topic}/{partition}, and the log here holds "
                    + $"{info.First} to {info.Next}: restore the topic, or import the state only.");
        }
    }

    private async Task StoreAsync()
    {
        if (_waiting.Count == 0)
            return;
        string file = CheckpointNames.Segments(
            context.Job.Name, _place!.Epoch, _place.Number, Guid.NewGuid().ToString("N"));
        await context.Store.WriteAsync(file, [.. _waiting.Select(each => (ReadOnlyMemory<byte>)each.Bytes)]);
        long offset = 0;
        foreach ((SegmentRef inside, byte[] bytes) in _waiting)
        {
            _stored.Add(inside, inside with { File = file, Offset = offset });
            offset += bytes.Length;
        }

        _waiting.Clear();
    }
}

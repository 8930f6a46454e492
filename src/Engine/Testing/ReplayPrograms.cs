namespace Weir.Engine.Testing;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>What happened to the group of a key that is replayed.</summary>
/// <param name="Offset">The offset of the event that was read, or null for a step of time.</param>
/// <param name="IsOfKey">Whether an event of the key was applied.</param>
/// <param name="Output">
/// What the operator emitted: on an event of the key because of it, on a step of time all that the group emitted.
/// </param>
public readonly record struct ReplayedStep(long? Offset, bool IsOfKey, IReadOnlyList<OutputBatch> Output);

/// <summary>The key can not be replayed; the message says why.</summary>
public sealed class ReplayRefusedException(string message) : Exception(message);

/// <summary>
/// The programs that one key of a job depends on, applied event by event. Invariant: each event and each step of time
/// has its full effect on everything behind it before the next one is looked at, and nothing leaves: what is emitted is
/// handed to the caller.
/// </summary>
/// <remarks>
/// The caller restores <see cref="Sources"/> and <see cref="Groups"/> from a checkpoint and gives the batches of each
/// source in their order. Where the key's group has several channels the order between them is the caller's: in the run
/// that is replayed it was one of arrival.
/// </remarks>
public sealed class ReplayPrograms : IStageOutput
{
    private readonly JobPlan _plan;
    private readonly object _key;
    private readonly Dictionary<(int Operator, int Group), GroupProgram> _groups = [];
    private readonly Queue<Slice> _posted = new();
    private readonly List<OutputBatch> _output = [];
    private readonly int _target;
    private GroupProgram? _flushing;

    /// <summary>Makes the programs; they are new.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="operatorIndex">The operator.</param>
    /// <param name="key">The key, as its codec's bytes.</param>
    /// <exception cref="ReplayRefusedException">
    /// An operator calls the outside or waits in its functions; a replay would do that again.
    /// </exception>
    /// <exception cref="CorruptDataException">The bytes are no key of the operator.</exception>
    public ReplayPrograms(JobPlan plan, int operatorIndex, ReadOnlyMemory<byte> key)
    {
        ArgumentNullException.ThrowIfNull(plan);
        _plan = plan = plan.EventByEvent();
        _target = operatorIndex;
        int group = plan.GroupOfKey(operatorIndex, key);
        _key = plan.Codecs.For(plan.KeyTypeOf(operatorIndex)!).ReadObject(new ByteReader(key))!;
        var sources = new List<SourceProgram>();
        foreach (StageInstance each in ReplayFeeders.Of(plan, operatorIndex, group))
        {
            if (each.IsSource)
                sources.Add(plan.CreateSource(each.Index, each.Instance));
            else
                _groups.Add((each.Index, each.Instance), Make(each));
        }

        Sources = sources;
        Target = _groups[(operatorIndex, group)];
    }

    /// <summary>The partitions of sources whose events may reach the key.</summary>
    public IReadOnlyList<SourceProgram> Sources { get; }

    /// <summary>The groups that the key depends on, and its own.</summary>
    public IReadOnlyCollection<GroupProgram> Groups => _groups.Values;

    /// <summary>The group of the key.</summary>
    public GroupProgram Target { get; }

    /// <summary>
    /// Processes a batch of one of the sources. A step is handed out right after it was applied; the batch is done when
    /// all have been.
    /// </summary>
    /// <exception cref="SourceFailedException">An event can not be decoded, or a function failed on it.</exception>
    /// <exception cref="OperatorFailedException">A function failed on an event or a timer.</exception>
    public IEnumerable<ReplayedStep> Process(SourceProgram source, EventBatch batch)
    {
        ArgumentNullException.ThrowIfNull(source);
        source.Process(in batch);
        source.Flush(this);
        Slice[] slices = [.. _posted];
        _posted.Clear();
        foreach (Slice slice in slices)
        {
            foreach (Slice piece in slice.Split())
            {
                long? offset = piece.Count > 0 ? piece.OffsetOf(0) : null;
                foreach (ReplayedStep step in Apply(piece, offset))
                    yield return step;
            }
        }
    }

    void IStageOutput.Post(Slice slice)
    {
        if (_groups.ContainsKey((slice.Target.Operator, slice.Target.Group)))
            _posted.Enqueue(slice);
        else
            slice.Release();
    }

    void IStageOutput.Append(in OutputBatch batch)
    {
        if (ReferenceEquals(_flushing, Target))
            _output.Add(batch);
    }

    /// <summary>Applies a piece and everything that follows from it.</summary>
    private IEnumerable<ReplayedStep> Apply(Slice first, long? offset)
    {
        _posted.Enqueue(first);
        while (_posted.TryDequeue(out Slice? slice))
        {
            foreach (Slice piece in slice.Split())
            {
                GroupProgram group = _groups[(slice.Target.Operator, slice.Target.Group)];
                group.Apply(piece);
                _flushing = group;
                group.Flush(this);
                if (!ReferenceEquals(group, Target))
                    continue;
                bool isOfKey = IsOfKey(piece);
                ReplayedStep step = new(offset, isOfKey, isOfKey || piece.Count == 0 ? [.. _output] : []);
                _output.Clear();
                yield return step;
            }
        }
    }

    private bool IsOfKey(Slice piece) =>
        piece.Count > 0 && _plan.Graph.Edges[piece.Target.Edge] is KeyEdge edge && edge.HasKey(piece, 0, _key);

    private GroupProgram Make(StageInstance instance)
    {
        GroupProgram program = _plan.CreateGroup(instance.Index, instance.Instance);
        if (program.Calls is null && !program.HostsKeys)
            return program;
        string name = _plan.OperatorNames[_target];
        throw new ReplayRefusedException(
            $"A key of '{name}' can not be replayed: its events come through '{program.OperatorName}', which "
            + (program.HostsKeys ? "has one grain per key and may wait for others" : "makes calls to the outside")
            + ", and a replay would repeat that.");
    }
}

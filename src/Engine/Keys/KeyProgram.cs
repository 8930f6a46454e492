namespace Weir.Engine.Keys;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;

/// <summary>
/// What runs for a single key of an operator with one grain per key: the operator itself, holding just that key. It is
/// given the key's share of what arrives at the group, with every step of the group's time that matters to it.
/// Invariant: calls are numbered and applied in turn, so a lost or repeated call can not go unnoticed.
/// </summary>
public sealed class KeyProgram
{
    private readonly JobPlan _plan;
    private readonly int _operatorIndex;
    private readonly int _group;
    private readonly OutputCapture _capture = new();
    private readonly KeyedOperator _operator;

    internal KeyProgram(JobPlan plan, int operatorIndex, int group)
    {
        _plan = plan;
        _operatorIndex = operatorIndex;
        _group = group;
        IOperatorNode node = plan.Graph.Operators[operatorIndex];
        OperatorName = node.Name;
        _operator = (KeyedOperator)node.Create(new Stage(plan, node.Node.Id, group) { Capture = _capture });
        _capture.Operator = _operator;
    }

    /// <summary>The operator.</summary>
    public string OperatorName { get; }

    /// <summary>Calls applied.</summary>
    public long Version { get; private set; }

    /// <summary>Whether the key holds anything.</summary>
    public bool IsEmpty => _operator.Rows == 0;

    /// <summary>Applies the next call.</summary>
    /// <param name="call">The call; its version must be <see cref="Version"/>.</param>
    /// <param name="cancellation">Ends what the user's function waits for; the program must be discarded then.</param>
    /// <exception cref="InvalidOperationException">A call is missing or comes twice.</exception>
    /// <exception cref="CorruptDataException">The call's bytes are damaged.</exception>
    /// <exception cref="OperatorFailedException">A function of the user's failed; the program must be
    /// discarded.</exception>
    public async ValueTask<KeyAnswer> ApplyAsync(KeyCall call, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.Version != Version)
            throw new InvalidOperationException(
                $"A key of '{OperatorName}' has seen {Version} calls and was given call {call.Version}.");
        if (call.State is { } state)
            Restore(state);
        (long late, long dead) = (_operator.LateEvents, _operator.DeadLetters);
        _operator.Cancellation = cancellation;
        await ApplyWorkAsync(call);
        Version++;
        return Answer(_operator.LateEvents - late, _operator.DeadLetters - dead);
    }

    /// <summary>The bytes of everything that the key holds.</summary>
    public byte[] Snapshot() => _operator.WriteSegment(_operator.WriteTime()).ToArray();

    /// <summary>Takes over what <see cref="Snapshot"/> gave; only on a new program.</summary>
    /// <exception cref="CorruptDataException">The bytes are damaged, or of another operator.</exception>
    public void Restore(ReadOnlyMemory<byte> state) => _operator.ReadEach([new SegmentReader(state)]);

    /// <summary>What the operator's view holds for the key, given as its codec's bytes; null if nothing.</summary>
    public ViewReading? Find(ReadOnlyMemory<byte> key) => _operator.Find(key);

    /// <summary>Everything that the operator holds for the key, given as its codec's bytes; null if nothing.</summary>
    public KeyInspection? Inspect(ReadOnlyMemory<byte> key) => _operator.Inspect(key, _group);

    /// <summary>The answer of a call that does nothing.</summary>
    internal KeyAnswer Answer(long lateEvents, long deadLetters) => new(
        IsEmpty,
        _operator.ViewKeys(0, 1).Keys.Count > 0,
        _operator.NextEventTimer,
        _operator.NextClockTimer,
        lateEvents,
        deadLetters,
        _capture.Take());

    private async ValueTask ApplyWorkAsync(KeyCall call)
    {
        var work = KeyWork.Read(call.Work);
        _operator.SetTime(work.Watermark, work.Clock);
        Slice? slice = call.Edge < 0
            ? null
            : _plan.DecodeSlice(new SliceTarget(_operatorIndex, _group, work.Channel, call.Edge), work.Events);
        if ((slice?.Count ?? 0) != work.EventSteps.Count)
            throw new CorruptDataException(
                $"a key is given {slice?.Count ?? 0} events and the places of {work.EventSteps.Count}");
        int applied = 0;
        foreach (KeyStep mark in work.Marks)
        {
            applied = await ApplyEventsAsync(call, work, slice, (applied, mark.Position));
            _capture.Step = mark.Step;
            if (mark.Clock > _operator.Clock)
                await _operator.AdvanceClockAsync(mark.Clock);
            if (mark.Watermark > _operator.Watermark)
                await _operator.AdvanceWatermarkAsync(mark.Watermark);
        }

        await ApplyEventsAsync(call, work, slice, (applied, work.EventSteps.Count));
        slice?.Release();
    }

    private async ValueTask<int> ApplyEventsAsync(KeyCall call, KeyWork work, Slice? slice, (int From, int To) range)
    {
        for (int i = range.From; i < range.To; i++)
        {
            // A key that was emptied and comes again keeps its place: the group knows it by that.
            if (IsEmpty)
                _operator.NextBirth = call.Birth;
            _capture.Step = work.EventSteps[i];
            await _operator.ApplyAsync(slice!, i, i + 1);
        }

        return range.To;
    }
}

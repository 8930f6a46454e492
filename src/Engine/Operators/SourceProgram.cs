namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// What runs for one partition of a source: it decodes batches, applies operators without keys, derives the watermark
/// and splits by key group. Invariant: watermark and clock never fall, and move at the ends of batches only; in a job
/// with an operator that asks for the clock, the clock moves at their beginnings. How a batch was cut into parts changes
/// nothing: its events are handed on as they come, and it ends when something comes that does not belong to it.
/// </summary>
public sealed class SourceProgram
{
    private const ulong Idle = 1;
    private const ulong InsideBatch = 2;
    private readonly Stage _stage;
    private readonly BatchReader _reader;
    private readonly PartitionWatermarks? _watermarks;
    private readonly IdlenessTimer? _idleness;
    private readonly ISourceNode _source;
    private readonly bool _clockFirst;
    private readonly bool _marksEveryBatch;
    private EventBatch? _open;
    private bool _isAnnounced;
    private bool _isRestored;

    internal SourceProgram(JobPlan plan, int source, int partition)
    {
        _source = plan.Graph.Sources[source];
        Partition = partition;
        _stage = new Stage(plan, _source.Node.Id, partition);
        _reader = _source.CreateReader(_stage);
        if (_source.Watermarks is { } strategy)
            _watermarks = new PartitionWatermarks(strategy.Generator);
        _clockFirst = plan.Graph.Operators.Any(node => node.NeedsClock)
            || plan.Graph.PartitionFunctions.Any(node => node.Slots.Any(slot => slot.Lifetime is not null));
        _marksEveryBatch = plan.Graph.HasImmediateOutput;
        if (_source.Watermarks?.IdleAfterMilliseconds is { } timeout)
            _idleness = new IdlenessTimer(timeout);
    }

    /// <summary>The topic.</summary>
    public string Topic => _source.Topic.Name;

    /// <summary>The partition.</summary>
    public int Partition { get; }

    /// <summary>The offset of the first event not processed yet.</summary>
    public long Next { get; private set; }

    /// <summary>The watermark of this partition.</summary>
    public EventTime Watermark { get; private set; } = EventTime.MinValue;

    /// <summary>The ingestion clock of this partition.</summary>
    public EventTime Clock { get; private set; } = EventTime.MinValue;

    /// <summary>Whether the partition is idle.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>Whether the end batch has been processed.</summary>
    public bool HasEnded => Watermark == EventTime.MaxValue;

    /// <summary>Events and steps of time held since the last flush.</summary>
    public int Held => _stage.Held;

    /// <summary>Events that were given up and written as dead letters since the program was made.</summary>
    public long DeadLetters => _reader.DeadLetters;

    /// <summary>Whether the last batch may have further parts, so that its end is still to come.</summary>
    public bool IsInsideBatch => _open is not null;

    /// <summary>Whether it works by the ingestion clock, which must then go on where nothing is sent.</summary>
    public bool WaitsForClock => !HasEnded
        && (_idleness is not null
            || IsInsideBatch
            || _watermarks?.Generator.UsesClock == true
            || _stage.States.Any(state => state.WaitsForClock));

    /// <summary>Begins at an offset; only before the first batch.</summary>
    public void StartAt(long offset) => Next = offset;

    /// <summary>
    /// Processes a batch whose offsets go on at <see cref="Next"/>. Nothing is handed over before <see cref="Flush"/>.
    /// </summary>
    /// <exception cref="SourceFailedException">An event can not be decoded, or a function failed on it.</exception>
    public void Process(in EventBatch batch)
    {
        if (batch.From != Next)
            throw new InvalidOperationException(
                $"The batch at {batch.From} of {Topic}/{Partition} does not go on at {Next}.");
        if (batch.Part != BatchPart.Next)
            EndOpenBatch();
        Announce(in batch);
        if (batch.Kind is BatchKind.Events or BatchKind.Advance)
            Read(in batch);
        Next = batch.Next;
        if (batch.Part == BatchPart.Whole)
            EndBatch(in batch, _isAnnounced || _marksEveryBatch);
        else
            _open = batch with { Payload = default };
    }

    /// <summary>
    /// Ends what has gathered with the barrier of a checkpoint: each of its channels gets one, behind everything that
    /// was processed before. A flush follows, before the next batch.
    /// </summary>
    /// <param name="checkpoint">The checkpoint's number, 1 or more.</param>
    public void EmitBarrier(long checkpoint)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(checkpoint);
        _stage.Barrier(checkpoint);
    }

    /// <summary>Hands over the slices and output that have gathered.</summary>
    public void Flush(IStageOutput output) => _stage.Flush(output);

    /// <summary>Writes everything that a restored program needs to go on alike.</summary>
    public void Write(ByteWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteSigned(Next);
        writer.WriteSigned(Watermark.Milliseconds);
        writer.WriteSigned(Clock.Milliseconds);
        writer.WriteVarint((IsIdle ? Idle : 0u) | (IsInsideBatch ? InsideBatch : 0u));
        if (_open is { } open)
            WriteOpen(writer, in open);

        // In frames, so that a changed job can leave out a part that it has no more, or begin one that is new.
        int generator = writer.BeginFrame();
        _watermarks?.Write(writer);
        writer.EndFrame(generator);
        int idleness = writer.BeginFrame();
        _idleness?.Write(writer);
        writer.EndFrame(idleness);
        WriteStates(writer);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public void Read(ByteReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        Next = reader.ReadSigned();
        if (Next < 0)
            throw new CorruptDataException($"the source has come to the impossible offset {Next}");
        Watermark = new EventTime(reader.ReadSigned());
        Clock = new EventTime(reader.ReadSigned());
        ulong flags = reader.ReadVarint();
        if (flags > (Idle | InsideBatch))
            throw new CorruptDataException($"a source has the unknown flags {flags}");
        IsIdle = (flags & Idle) != 0;
        _watermarks?.Follow(Watermark, Clock);
        if ((flags & InsideBatch) != 0)
            ReadOpen(reader);
        int outer = reader.EnterFrame();
        if (reader.Remaining > 0)
            _watermarks?.Read(reader);
        reader.LeaveFrame(outer);
        outer = reader.EnterFrame();
        if (reader.Remaining > 0)
            _idleness?.Read(reader);
        reader.LeaveFrame(outer);
        ReadStates(reader);
    }

    /// <summary>Raises the watermark by hand: to the maximum where the input is to end without an end batch.</summary>
    public void RaiseWatermark(EventTime watermark)
    {
        IsIdle = false;
        _idleness?.OnActivity();
        Watermark = EventTime.Max(Watermark, watermark);
        _watermarks?.Follow(Watermark, Clock);
        _stage.Mark(Watermark, Clock, IsIdle);
    }

    private void WriteOpen(ByteWriter writer, in EventBatch open)
    {
        writer.WriteSigned(open.From);
        writer.WriteSigned(open.Stamp.Milliseconds);
        writer.WriteBool(_isAnnounced);

        // What the generator has emitted takes effect at the end of the batch.
        writer.WriteSigned((_watermarks?.Watermark ?? Watermark).Milliseconds);
    }

    private void ReadOpen(ByteReader reader)
    {
        _open = new EventBatch
        {
            From = reader.ReadSigned(),
            Next = Next,
            Stamp = new EventTime(reader.ReadSigned()),
            Part = BatchPart.First,
        };
        _isAnnounced = reader.ReadBool();
        _isRestored = true;
        _watermarks?.Emit(new EventTime(reader.ReadSigned()));
    }

    private void WriteStates(ByteWriter writer)
    {
        writer.WriteVarint((ulong)_stage.States.Count);
        foreach (IStageState state in _stage.States)
        {
            writer.WriteString(state.Name);
            int start = writer.BeginFrame();
            state.Write(writer);
            writer.EndFrame(start);
        }
    }

    private void ReadStates(ByteReader reader)
    {
        int count = reader.ReadCount(2);
        var names = new HashSet<string>();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString() ?? "";
            if (!names.Add(name))
                throw new CorruptDataException($"the state of '{name}' is stored twice");
            int outer = reader.EnterFrame();
            IStageState? known = _stage.States.FirstOrDefault(state => state.Name == name);
            known?.Read(reader);
            if (known is not null && reader.Remaining > 0)
                throw new CorruptDataException($"{reader.Remaining} bytes of the state of '{name}' were not understood");
            reader.LeaveFrame(outer);
        }
    }

    private void Read(in EventBatch batch)
    {
        bool hasEvents = batch.Kind == BatchKind.Events;
        try
        {
            if (hasEvents)
                _reader.Read(in batch, _watermarks);
            else
                _watermarks?.OnAdvance(batch.Time);
        }
        catch (Exception fault)
        {
            throw new SourceFailedException(Topic, Partition, hasEvents ? _stage.Offset : batch.From, fault);
        }
    }

    /// <summary>Where a batch begins, and where one goes on in a restored program: of the groups that get its events some
    /// may have been told before the barrier and some not.</summary>
    private void Announce(in EventBatch batch)
    {
        bool begins = _open is null;
        if (begins)
            _isAnnounced = _clockFirst && batch.Stamp > Clock;
        if (_isAnnounced && (begins || _isRestored))
        {
            Clock = batch.Stamp;
            _watermarks?.Follow(Watermark, Clock);
            _stage.Announce(Watermark, Clock, IsIdle);
        }

        _isRestored = false;
    }

    private void EndOpenBatch()
    {
        if (_open is not { } batch)
            return;
        _open = null;
        EndBatch(in batch, _isAnnounced || _marksEveryBatch);
    }

    private void EndBatch(in EventBatch batch, bool mustMark)
    {
        EventTime clock = EventTime.Max(Clock, batch.Stamp);
        bool idle = CheckIdle(in batch);
        EventTime watermark = batch.Kind == BatchKind.End ? EventTime.MaxValue : Watermark;
        if (_watermarks is not null && watermark != EventTime.MaxValue)
        {
            _watermarks.Follow(Watermark, clock);
            if (!idle)
                EndBatch(_watermarks, batch.From);
            idle |= _watermarks.IsMarkedIdle;
            watermark = _watermarks.Watermark;
        }

        if (!mustMark && watermark == Watermark && clock == Clock && idle == IsIdle)
            return;
        Watermark = watermark;
        Clock = clock;
        IsIdle = idle;
        _stage.Mark(watermark, clock, idle);
    }

    private void EndBatch(PartitionWatermarks watermarks, long offset)
    {
        try
        {
            watermarks.OnBatchEnd();
        }
        catch (Exception fault)
        {
            throw new SourceFailedException(Topic, Partition, offset, fault);
        }
    }

    private bool CheckIdle(in EventBatch batch)
    {
        if (_idleness is null)
            return false;
        if (batch.Kind == BatchKind.Tick)
            return _idleness.Check(batch.Stamp);
        _idleness.OnActivity();
        return false;
    }
}

/// <summary>An event of a source could not be processed; the message says which one and why.</summary>
public sealed class SourceFailedException(string topic, int partition, long offset, Exception fault) : Exception(
    $"The event at offset {offset} of {topic}/{partition} can not be processed: {fault.Message}", fault)
{
    /// <summary>The topic.</summary>
    public string Topic { get; } = topic;

    /// <summary>The partition.</summary>
    public int Partition { get; } = partition;

    /// <summary>The offset of the event.</summary>
    public long Offset { get; } = offset;
}

namespace Weir.Engine.Operators;

using System.Runtime.CompilerServices;
using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>Decodes the events of a batch and pushes them into the stage, whose offset tells which event a fault is of.
/// </summary>
internal abstract class BatchReader
{
    /// <summary>Events that were given up since the program was made.</summary>
    public long DeadLetters { get; protected set; }

    public abstract void Read(in EventBatch batch, PartitionWatermarks? watermarks);
}

/// <summary>
/// Reads events of one type. Invariant: whether they are handed on one by one or as runs, the same events come to the
/// receiver in the same order, and the same event is named when one fails.
/// </summary>
internal sealed class BatchReader<T>(SourceNode<T> source, Topic<T> topic, Stage stage) : BatchReader
{
    // Short enough for the first cache: 256 events of 24 bytes are 6 KB.
    private const int LongestRun = 256;
    private readonly Receiver<T> _receiver = source.Receivers(stage);
    private readonly Receiver<SourceDeadLetter>? _deadLetters = Guard(source, stage);
    private readonly ByteReader _bytes = new();
    private readonly ByteReader _frame = new();
    private readonly bool _needsHighestOnly = source.Watermarks?.Generator.NeedsHighestOnly == true;
    private Codec<T> _codec = stage.Plan.Codecs.For<T>();
    private string _schema = topic.Schema;
    private T[] _values = [];
    private EventTime[] _times = [];
    private EventTime? _highest;

    private bool GivesRuns => _receiver.TakesRuns && (source.Watermarks is null || _needsHighestOnly);

    public override void Read(in EventBatch batch, PartitionWatermarks? watermarks)
    {
        _highest = null;
        stage.Offset = batch.FirstOffset;
        _bytes.Reset(batch.Payload);
        if (_deadLetters is not null)
            ReadGuarded(in batch, watermarks);
        else
            ReadAll(in batch, watermarks);
        if (_highest is { } highest)
            watermarks!.OnEvent(highest);
    }

    private static Receiver<SourceDeadLetter>? Guard(SourceNode<T> source, Stage stage)
    {
        stage.IsGuarded = source.DeadLetters is not null;
        return source.DeadLetters?.Receivers(stage);
    }

    private static CorruptDataException Rest(in EventBatch batch, int bytes) =>
        new($"{bytes} bytes follow the {batch.Count} events of the batch");

    private void UseSchema(string schema)
    {
        if (schema == _schema)
            return;
        _codec = topic.CodecFor(schema, stage.Plan.Codecs);
        _schema = schema;
    }

    private void ReadAll(in EventBatch batch, PartitionWatermarks? watermarks)
    {
        UseSchema(batch.Schema);
        if (GivesRuns)
            ReadRuns(in batch, watermarks);
        else
            ReadEach(batch.FirstOffset, batch.Count, watermarks);
        if (_bytes.Remaining == 0)
            return;
        stage.Offset = batch.Next - 1;
        throw Rest(in batch, _bytes.Remaining);
    }

    private void ReadEach(long offset, int count, PartitionWatermarks? watermarks)
    {
        for (int i = 0; i < count; i++)
        {
            stage.Offset = offset + i;
            int outer = _bytes.EnterFrame();
            ReadEvent(_bytes, watermarks);
            _bytes.LeaveFrame(outer);
        }
    }

    private void ReadRuns(in EventBatch batch, PartitionWatermarks? watermarks)
    {
        for (int first = 0; first < batch.Count; first += LongestRun)
        {
            long offset = batch.FirstOffset + first;
            int count = Math.Min(LongestRun, batch.Count - first);
            int left = _bytes.Remaining;
            if (TryReadRun(count))
            {
                HandOn(offset, count);
                continue;
            }

            _bytes.Reset(batch.Payload[^left..]);
            ReadEach(offset, count, watermarks);
        }
    }

    /// <summary>
    /// Reads events and their times, which has no effect beyond that: where it fails, they are read again, one by one.
    /// </summary>
    private bool TryReadRun(int count)
    {
        if (_values.Length == 0)
        {
            _values = new T[LongestRun];
            _times = new EventTime[LongestRun];
        }

        Span<T> values = _values.AsSpan(0, count);
        try
        {
            _codec.ReadFrames(_bytes, values);
            if (source.EventTimeOf is not { } timeOf)
            {
                _times.AsSpan(0, count).Fill(EventTime.None);
                return true;
            }

            TakeTimes(values, timeOf, _times);
            return true;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return false;
        }
    }

    // By itself, since what lives across a handler of exceptions is kept in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TakeTimes(ReadOnlySpan<T> values, Func<T, EventTime> timeOf, Span<EventTime> times)
    {
        times = times[..values.Length];
        for (int i = 0; i < values.Length; i++)
            times[i] = timeOf(values[i]);
    }

    private void HandOn(long offset, int count)
    {
        var run = new Run<T>(stage, _values.AsSpan(0, count), _times.AsSpan(0, count), offset);
        _receiver.OnRun(in run);
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
            Array.Clear(_values, 0, count);
        if (_needsHighestOnly)
            _highest = EventTime.Max(_highest ?? EventTime.MinValue, run.Last);
    }

    private void ReadEvent(ByteReader bytes, PartitionWatermarks? watermarks)
    {
        T value = _codec.Read(bytes);
        if (bytes.Remaining > 0)
            throw new CorruptDataException($"{bytes.Remaining} bytes of the event were not understood");
        EventTime time = source.EventTimeOf is { } timeOf ? timeOf(value) : EventTime.None;
        _receiver.OnEvent(in value, time);
        if (_needsHighestOnly)
            _highest = _highest is { } highest ? EventTime.Max(highest, time) : time;
        else if (watermarks?.Generator is WatermarkGenerator<T> typed)
            watermarks.OnEvent(typed, in value, time);
        else
            watermarks?.OnEvent(time);
    }

    private void ReadGuarded(in EventBatch batch, PartitionWatermarks? watermarks)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            stage.Offset = batch.FirstOffset + i;
            if (!ReadGuardedEvent(in batch, watermarks))
                return;
        }

        if (_bytes.Remaining > 0)
            GiveUp(in batch, batch.Payload[^_bytes.Remaining..], Rest(in batch, _bytes.Remaining));
    }

    /// <summary>Reads an event or gives it up; false if the events behind it can not be told apart.</summary>
    private bool ReadGuardedEvent(in EventBatch batch, PartitionWatermarks? watermarks)
    {
        ReadOnlyMemory<byte> bytes = batch.Payload[^_bytes.Remaining..];
        bool isFramed = false;
        stage.Begin();
        try
        {
            bytes = _bytes.ReadBlob();
            isFramed = true;
            UseSchema(batch.Schema);
            _frame.Reset(bytes);
            ReadEvent(_frame, watermarks);
            return true;
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            stage.Undo();
            GiveUp(in batch, bytes, fault);
            return isFramed;
        }
    }

    private void GiveUp(in EventBatch batch, ReadOnlyMemory<byte> bytes, Exception fault)
    {
        DeadLetters++;
        var letter = new SourceDeadLetter(
            bytes.ToArray(), batch.Schema, OperatorFailedException.Reason(fault), topic.Name, stage.Instance, stage.Offset);
        stage.Begin();
        _deadLetters!.OnEvent(in letter, EventTime.None);
    }
}

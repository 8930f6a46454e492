namespace Weir.Engine.Operators;

using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Snapshots;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// Makes a call to the outside for each event and emits the results in the place of the events. Invariant: an event is
/// part of the snapshot until its result has been emitted, or its dead letter, so a restored operator makes its call
/// again.
/// </summary>
internal sealed class EnrichOperator<T, TResult> : GroupOperator, IGroupCalls
{
    private readonly EnrichNode<T, TResult> _node;
    private readonly Stage _stage;
    private readonly Codec<T> _codec;
    private readonly CallQueue _queue;
    private readonly Receiver<TResult> _output;
    private readonly Receiver<DeadLetter<T>>? _deadLetters;
    private bool _hasChanges;

    public EnrichOperator(EnrichNode<T, TResult> node, Stage stage)
    {
        _node = node;
        _stage = stage;
        _codec = stage.Plan.Codecs.For<T>();
        _queue = new CallQueue(node.Options.Order, node.Options.Capacity);
        _output = node.Receivers(stage);
        _deadLetters = node.Errors?.DeadLetters?.Receivers(stage);
        stage.IsGuarded = _deadLetters is not null;
    }

    public override bool IsBusy => _queue.Count > 0;

    public EnrichOptions Options => _node.Options;

    public bool HasRoom => _queue.HasRoom;

    private string Schema => $"calls for {_codec.Schema} with their places";

    public override void Apply(Slice slice, int from, int to)
    {
        var events = (Slice<T>)slice;
        _hasChanges |= to > from;
        for (int i = from; i < to; i++)
        {
            var place = new EventPlace(slice.Target.Channel, events.OffsetAt(i));
            _queue.Add(new EnrichCall<T, TResult>(_node, events.Values[i], events.Times[i], place));
        }
    }

    public override bool TakesOver(EventTime watermark, EventTime clock, bool idle)
    {
        _hasChanges |= IsBusy;
        _queue.AddStep(watermark, clock, idle);
        EmitWhatMayGo();
        return true;
    }

    public bool TryBegin([NotNullWhen(true)] out PendingCall? call) => _queue.TryBegin(out call);

    public void Complete(PendingCall call, object? result)
    {
        ((EnrichCall<T, TResult>)call).Result = (TResult)result!;
        _queue.Finish(call);
        EmitWhatMayGo();
    }

    public void Fail(PendingCall call, Exception fault)
    {
        if (_deadLetters is not null && fault is not OutOfMemoryException)
        {
            ((EnrichCall<T, TResult>)call).Fault = fault;
            _queue.Finish(call);
            EmitWhatMayGo();
            return;
        }

        if (_node.Fallback is not { } fallback)
            throw Failed(call, fault);
        TResult result;
        try
        {
            result = fallback(((EnrichCall<T, TResult>)call).Value, fault);
        }
        catch (Exception second)
        {
            throw Failed(call, second);
        }

        Complete(call, result);
    }

    // A queue is small and has no keys: it is written whole, and read at once, for the calls in it are to be made again.
    public override bool HasChanges => _hasChanges;

    public override bool LoadsAtOnce => true;

    public override SegmentCopy Capture(bool isBase)
    {
        var copy = new SegmentCopy(WriteSegment(default));
        EndCapture();
        return copy;
    }

    public override bool IsOwn(SegmentHeader header) => true;

    public override ReadOnlyMemory<byte> WriteSegment(ReadOnlyMemory<byte> time)
    {
        var schema = new ByteWriter();
        schema.WriteString(_node.Name);
        schema.WriteString(Schema);
        var calls = new ByteWriter();
        calls.WriteVarint((ulong)_queue.Count);
        foreach (QueueEntry entry in _queue.Entries)
        {
            calls.WriteBool(entry.Call is not null);
            if (entry.Call is EnrichCall<T, TResult> call)
            {
                calls.WriteSigned(call.Time.Milliseconds);
                calls.WriteSigned(call.From.Channel);
                calls.WriteSigned(call.From.Offset);
                _codec.Write(calls, call.Value);
                continue;
            }

            calls.WriteSigned(entry.Watermark.Milliseconds);
            calls.WriteSigned(entry.Clock.Milliseconds);
            calls.WriteBool(entry.IsIdle);
        }

        var segment = new SegmentWriter();
        new SegmentHeader(time, schema.WrittenMemory, [], calls.WrittenMemory).Write(segment.Writer);
        segment.EndHeader();
        return segment.Finish();
    }

    public override void Read(IReadOnlyList<SegmentReader> chain)
    {
        SegmentHeader header = SegmentHeader.OfChain(chain);
        var schema = new ByteReader(header.Schema);
        (string? name, string? kind) = (schema.ReadString(), schema.ReadString());
        if (name != _node.Name || kind != Schema)
            throw new CorruptDataException(
                $"the segment is of '{name}' with {kind}, not of '{_node.Name}' with {Schema}");
        var calls = new ByteReader(header.Shared);
        int count = calls.ReadCount(2);
        for (int i = 0; i < count; i++)
        {
            if (calls.ReadBool())
            {
                var time = new EventTime(calls.ReadSigned());
                EventPlace place = ReadPlace(calls);
                _queue.Add(new EnrichCall<T, TResult>(_node, _codec.Read(calls), time, place));
                continue;
            }

            // A step goes out as soon as nothing is before it: first in the queue it would wait for ever.
            if (_queue.Count == 0)
                throw new CorruptDataException("a step of time waits for no call");
            var watermark = new EventTime(calls.ReadSigned());
            _queue.AddStep(watermark, new EventTime(calls.ReadSigned()), calls.ReadBool());
        }

        if (calls.Remaining > 0 || schema.Remaining > 0 || chain.Any(segment => segment.Count > 0))
            throw new CorruptDataException("what follows the calls of the segment was not understood");
        EndCapture();
    }

    private void EndCapture() => (_hasChanges, NeedsBase) = (false, true);

    private void EmitWhatMayGo()
    {
        while (_queue.TryTake(out QueueEntry entry))
        {
            _hasChanges |= entry.Call is not null;
            if (entry.Call is not EnrichCall<T, TResult> call)
            {
                _stage.Mark(entry.Watermark, entry.Clock, entry.IsIdle);
                continue;
            }

            if (_deadLetters is null)
                Emit(call);
            else
                EmitGuarded(call);
        }
    }

    private void Emit(EnrichCall<T, TResult> call)
    {
        try
        {
            _output.OnEvent(call.Result, call.Time);
        }
        catch (Exception fault) when (fault is not OperatorFailedException)
        {
            throw Failed(call, fault);
        }
    }

    private void EmitGuarded(EnrichCall<T, TResult> call)
    {
        if (call.Fault is { } failed)
        {
            SendLetter(call, failed);
            return;
        }

        _stage.Begin();
        try
        {
            _output.OnEvent(call.Result, call.Time);
        }
        catch (Exception fault) when (fault is not (OperatorFailedException or OutOfMemoryException))
        {
            _stage.Undo();
            SendLetter(call, fault);
        }
    }

    private void SendLetter(EnrichCall<T, TResult> call, Exception fault)
    {
        DeadLetters++;
        EventOrigin origin = OriginOf(call);
        bool isOfTopic = origin.Offset is not null;
        var letter = new DeadLetter<T>(
            call.Value,
            OperatorFailedException.Reason(fault),
            _node.Name,
            "",
            isOfTopic ? origin.Name : "",
            isOfTopic ? origin.Instance : -1,
            origin.Offset ?? -1,
            call.Time);
        _stage.Begin();
        _deadLetters!.OnEvent(in letter, call.Time);
    }

    private EventPlace ReadPlace(ByteReader reader)
    {
        long channel = reader.ReadSigned();
        long offset = reader.ReadSigned();
        int channels = _stage.Plan.ChannelCount(_node.Index, _stage.Instance);
        return channel >= 0 && channel < channels && offset >= -1
            ? new EventPlace((int)channel, offset)
            : throw new CorruptDataException($"an event lies at {offset} of channel {channel}, of {channels} channels");
    }

    private EventOrigin OriginOf(EnrichCall<T, TResult> call) => _stage.Plan.OriginOf(
        new SliceTarget(_node.Index, _stage.Instance, call.From.Channel, 0), call.From.Offset);

    private OperatorFailedException Failed(PendingCall call, Exception fault) =>
        new(new FailedCall(_node.Name, null, call.Time, OriginOf((EnrichCall<T, TResult>)call)), fault);
}

/// <summary>Where an event came from: a channel of the operator, and the offset in its partition or -1.</summary>
internal readonly record struct EventPlace(int Channel, long Offset);

/// <summary>An event and the call that is made for it.</summary>
internal sealed class EnrichCall<T, TResult>(EnrichNode<T, TResult> node, T value, EventTime time, EventPlace from)
    : PendingCall(time)
{
    public T Value => value;

    public EventPlace From => from;

    /// <summary>Set when the call has finished.</summary>
    public TResult Result { get; set; } = default!;

    /// <summary>Set in place of the result when the call has failed for good and its event goes to the dead letters.</summary>
    public Exception? Fault { get; set; }

    public override async Task<object?> AttemptAsync(CancellationToken cancellation) =>
        await node.Function(value, cancellation);

    public override bool IsRetried(object? result) => node.RetryOn?.Invoke((TResult)result!) == true;
}

namespace Weir.Engine.Operators;

using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Snapshots;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// Makes a call to the outside for each event and emits the results in the place of the events. Invariant: an event is
/// part of the snapshot until its result has been emitted, so a restored operator makes its call again.
/// </summary>
internal sealed class EnrichOperator<T, TResult> : GroupOperator, IGroupCalls
{
    private readonly EnrichNode<T, TResult> _node;
    private readonly Stage _stage;
    private readonly Codec<T> _codec;
    private readonly CallQueue _queue;
    private readonly Receiver<TResult> _output;

    public EnrichOperator(EnrichNode<T, TResult> node, Stage stage)
    {
        _node = node;
        _stage = stage;
        _codec = stage.Plan.Codecs.For<T>();
        _queue = new CallQueue(node.Options.Order, node.Options.Capacity);
        _output = node.Receivers(stage);
    }

    public override bool IsBusy => _queue.Count > 0;

    public EnrichOptions Options => _node.Options;

    public bool HasRoom => _queue.HasRoom;

    private string Schema => $"calls for {_codec.Schema}";

    public override void Apply(Slice slice, int from, int to)
    {
        var events = (Slice<T>)slice;
        for (int i = from; i < to; i++)
            _queue.Add(new EnrichCall<T, TResult>(_node, events.Values[i], events.Times[i]));
    }

    public override bool TakesOver(EventTime watermark, EventTime clock, bool idle)
    {
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

    public override void Write(SegmentWriter segment)
    {
        ByteWriter header = segment.Writer;
        header.WriteString(_node.Name);
        header.WriteString(Schema);
        header.WriteVarint((ulong)_queue.Count);
        foreach (QueueEntry entry in _queue.Entries)
        {
            header.WriteBool(entry.Call is not null);
            if (entry.Call is EnrichCall<T, TResult> call)
            {
                header.WriteSigned(call.Time.Milliseconds);
                _codec.Write(header, call.Value);
                continue;
            }

            header.WriteSigned(entry.Watermark.Milliseconds);
            header.WriteSigned(entry.Clock.Milliseconds);
            header.WriteBool(entry.IsIdle);
        }

        segment.EndHeader();
    }

    public override void Read(SegmentReader segment)
    {
        ByteReader header = segment.Header;
        string? name = header.ReadString();
        string? schema = header.ReadString();
        if (name != _node.Name || schema != Schema)
            throw new CorruptDataException(
                $"the segment is of '{name}' with {schema}, not of '{_node.Name}' with {Schema}");
        int count = header.ReadCount(2);
        for (int i = 0; i < count; i++)
        {
            if (header.ReadBool())
            {
                var time = new EventTime(header.ReadSigned());
                _queue.Add(new EnrichCall<T, TResult>(_node, _codec.Read(header), time));
                continue;
            }

            // A step goes out as soon as nothing is before it: first in the queue it would wait for ever.
            if (_queue.Count == 0)
                throw new CorruptDataException("a step of time waits for no call");
            var watermark = new EventTime(header.ReadSigned());
            _queue.AddStep(watermark, new EventTime(header.ReadSigned()), header.ReadBool());
        }

        if (header.Remaining > 0 || segment.Records > 0)
            throw new CorruptDataException("what follows the calls of the segment was not understood");
    }

    private void EmitWhatMayGo()
    {
        while (_queue.TryTake(out QueueEntry entry))
        {
            if (entry.Call is not EnrichCall<T, TResult> call)
            {
                _stage.Mark(entry.Watermark, entry.Clock, entry.IsIdle);
                continue;
            }

            try
            {
                _output.OnEvent(call.Result, call.Time);
            }
            catch (Exception fault) when (fault is not OperatorFailedException)
            {
                throw Failed(call, fault);
            }
        }
    }

    private OperatorFailedException Failed(PendingCall call, Exception fault) =>
        new(new FailedCall(_node.Name, null, call.Time, null), fault);
}

/// <summary>An event and the call that is made for it.</summary>
internal sealed class EnrichCall<T, TResult>(EnrichNode<T, TResult> node, T value, EventTime time) : PendingCall(time)
{
    public T Value => value;

    /// <summary>Set when the call has finished.</summary>
    public TResult Result { get; set; } = default!;

    public override async Task<object?> AttemptAsync(CancellationToken cancellation) =>
        await node.Function(value, cancellation);

    public override bool IsRetried(object? result) => node.RetryOn?.Invoke((TResult)result!) == true;
}

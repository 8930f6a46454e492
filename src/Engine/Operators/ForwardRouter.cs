namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Time;

/// <summary>
/// Hands a stage's events to the instance of the next operator that has its own number, with every step of time in its
/// place between them.
/// </summary>
/// <remarks>
/// Steps with no event between them are merged; the last one before the end of the input is kept, so that what is due
/// before the end is told from the end itself. A barrier ends the slice that it passes.
/// </remarks>
internal sealed class ForwardRouter<T> : Receiver<T>, IStageEnd
{
    private readonly SliceTarget _target;
    private readonly Codec<T> _codec;
    private readonly Stage _stage;
    private readonly List<Slice<T>> _ended = [];
    private Slice<T>? _slice;
    private int _attempted;

    public ForwardRouter(ForwardEdge<T> edge, Stage stage)
    {
        int channel = stage.Plan.ChannelOf(edge, stage, stage.Instance);
        _target = new SliceTarget(edge.Target.Index, stage.Instance, channel, edge.Id);
        _codec = stage.Plan.Codecs.For<T>();
        _stage = stage;
    }

    public override void OnEvent(in T value, EventTime time)
    {
        (_slice ??= NewSlice()).Add(in value, time, _stage.Offset);
        _attempted++;
        _stage.Held++;
    }

    public void Begin() => _attempted = 0;

    public void Undo()
    {
        for (; _attempted > 0; _attempted--)
            _slice!.RemoveLast();
    }

    public void Mark(EventTime watermark, EventTime clock, bool idle)
    {
        _slice ??= NewSlice();
        if (watermark == EventTime.MaxValue || !_slice.ReplaceLastMark(watermark, clock, idle))
            _slice.AddMark(watermark, clock, idle);
        _stage.Held++;
    }

    public void Barrier(long number)
    {
        Slice<T> slice = _slice ?? NewSlice();
        slice.EndWith(number);
        _ended.Add(slice);
        _slice = null;
    }

    public void Flush(IStageOutput output)
    {
        foreach (Slice<T> ended in _ended)
            output.Post(ended);
        _ended.Clear();
        if (_slice is not { } slice)
            return;
        _slice = null;
        output.Post(slice);
    }

    private Slice<T> NewSlice() => new(_target, _codec, _stage.IsSource);
}

namespace Weir.Engine.Graph;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;

/// <summary>Brings every event to every key group of an operator.</summary>
internal sealed class BroadcastEdge<T>(StreamNode<T> from) : Edge, IConsumer<T>
{
    public override StreamNode From => from;

    public override bool IsMain => false;

    public override string Describe() => $"broadcast {From.Id} -> {Target.Name}";

    public override Slice NewSlice(SliceTarget target, CodecRegistry codecs) => new Slice<T>(target, codecs.For<T>());

    public Receiver<T> Receive(Stage stage) =>
        new BroadcastRouter<T>(this, new RouterSpec(Target.Index, Id, stage.Plan.GroupCount, 0), stage);
}

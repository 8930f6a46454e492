namespace Weir.Engine.Graph;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;

/// <summary>
/// Brings events to an operator without keys, and shuffles nothing: what an instance of a stage emits goes to the
/// instance of the operator with the same number.
/// </summary>
internal abstract class ForwardEdge : Edge
{
    public override string Describe() => $"forward {From.Id} -> {Target.Name}";
}

internal sealed class ForwardEdge<T>(StreamNode<T> from) : ForwardEdge, IConsumer<T>
{
    public override StreamNode From => from;

    public override Slice NewSlice(SliceTarget target, CodecRegistry codecs) => new Slice<T>(target, codecs.For<T>());

    public Receiver<T> Receive(Stage stage) => new ForwardRouter<T>(this, stage);
}

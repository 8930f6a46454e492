namespace Weir.Engine.Graph;

using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>One side of connected streams: makes its events events of both. Keys and partitions stay as they are.</summary>
internal sealed class ConnectNode<T, TBoth>(string side, Func<T, TBoth> wrap) : StreamNode<TBoth>("connect"), IConsumer<T>
{
    public Receiver<T> Receive(Stage stage) => new Map<T, TBoth>(wrap, Receivers(stage));

    public override string Describe() => $"{Kind} {side}";
}

namespace Weir.Engine.Graph;

using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>Writes a stream to a sink.</summary>
internal sealed class SinkNode<T>(Sink<T> sink) : IConsumer<T>
{
    public Receiver<T> Receive(Stage stage) => new SinkWriter<T>(sink, stage);
}

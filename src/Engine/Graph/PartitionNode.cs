namespace Weir.Engine.Graph;

using Weir.Engine.Operators;
using Weir.Engine.State;

/// <summary>A function with state per partition as the graph has it.</summary>
internal sealed class PartitionNode<TIn, TOut>(string name, PartitionProcess<TIn, TOut> function)
    : StreamNode<TOut>("process-partition"), IConsumer<TIn>, IPartitionNode
{
    public string Name => name;

    public PartitionProcess<TIn, TOut> Function => function;

    public IReadOnlyList<StateSlot> Slots { get; } = [.. function.Slots];

    StreamNode IPartitionNode.Node => this;

    public Receiver<TIn> Receive(Stage stage) => new PartitionOperator<TIn, TOut>(this, stage);

    public override string Describe() =>
        $"{Kind} {Name} {function.GetType()} state {string.Join(',', Slots.Select(slot => slot.Name))}";
}

/// <summary>What the rules ask of a function per partition without knowing its types.</summary>
internal interface IPartitionNode
{
    /// <summary>Identifies the function's state; required and unique.</summary>
    string Name { get; }

    StreamNode Node { get; }

    IReadOnlyList<StateSlot> Slots { get; }
}

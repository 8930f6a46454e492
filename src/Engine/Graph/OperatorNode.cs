namespace Weir.Engine.Graph;

using Weir.Engine.Errors;
using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>An operator with state, as the graph has it. It emits through itself and through its side nodes.</summary>
internal abstract class OperatorNode<TKey, TOut>(string name, string kind) : StreamNode<TOut>(kind), IOperatorNode
    where TKey : notnull
{
    public string Name => name;

    public int Index { get; set; } = -1;

    public List<KeyEdge> Inputs { get; } = [];

    public View? View { get; set; }

    public ErrorHandling? Errors { get; set; }

    public override bool IsHead => true;

    public Type KeyType => typeof(TKey);

    /// <summary>The types that its state needs codecs for.</summary>
    public abstract IEnumerable<Type> StateTypes { get; }

    /// <summary>What has a name of its own inside the operator; the names are unique there.</summary>
    public virtual IEnumerable<string> PartNames => [];

    /// <summary>Whether it waits for the watermark, so that its sources must say what time an event has.</summary>
    public abstract bool NeedsEventTime { get; }

    public virtual bool NeedsClock => false;

    StreamNode IOperatorNode.Node => this;

    public abstract KeyedOperator Create(Stage stage);

    public override string Describe() => $"{Kind} {Name}";
}

/// <summary>What the graph and the plan ask of an operator without knowing its types.</summary>
internal interface IOperatorNode
{
    /// <summary>Identifies the operator's state; required and unique.</summary>
    string Name { get; }

    /// <summary>Position among the operators; set by the graph.</summary>
    int Index { get; set; }

    List<KeyEdge> Inputs { get; }

    View? View { get; }

    /// <summary>What becomes of an event that its function fails on; null if the job fails.</summary>
    ErrorHandling? Errors { get; }

    Type KeyType { get; }

    StreamNode Node { get; }

    IEnumerable<Type> StateTypes { get; }

    IEnumerable<string> PartNames { get; }

    bool NeedsEventTime { get; }

    /// <summary>Whether what an event does depends on the ingestion clock when it arrives.</summary>
    bool NeedsClock { get; }

    /// <summary>Makes the operator of one key group, emitting into the stage.</summary>
    KeyedOperator Create(Stage stage);
}

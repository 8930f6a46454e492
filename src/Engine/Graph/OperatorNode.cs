namespace Weir.Engine.Graph;

using Weir.Engine.Errors;
using Weir.Engine.Keys;
using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>An operator with state, as the graph has it. It emits through itself and through its side nodes.</summary>
internal abstract class OperatorNode<TKey, TOut>(string name, string kind) : StreamNode<TOut>(kind), IOperatorNode
    where TKey : notnull
{
    public string Name => name;

    public int Index { get; set; } = -1;

    public List<Edge> Inputs { get; } = [];

    public View? View { get; set; }

    public ErrorHandling? Errors { get; set; }

    public override bool IsHead => true;

    public Type? KeyType => typeof(TKey);

    /// <summary>The types that its state needs codecs for.</summary>
    public abstract IEnumerable<Type> StateTypes { get; }

    /// <summary>What has a name of its own inside the operator; the names are unique there.</summary>
    public virtual IEnumerable<string> PartNames => [];

    /// <summary>Whether it waits for the watermark, so that its sources must say what time an event has.</summary>
    public abstract bool NeedsEventTime { get; }

    public virtual bool NeedsClock => false;

    public bool OneGrainPerKey { get; set; }

    /// <summary>Whether its function may wait, for which it needs one grain per key.</summary>
    public virtual bool MayWait => false;

    /// <summary>The types that it emits, to itself and to the sides.</summary>
    public virtual IEnumerable<Type> OutputTypes => [typeof(TOut)];

    StreamNode IOperatorNode.Node => this;

    GroupOperator IOperatorNode.Create(Stage stage) => Create(stage);

    public abstract KeyedOperator Create(Stage stage);

    public HostedKeys? CreateHosted(JobPlan plan, int group) => new HostedKeys<TKey>(plan, this, group);

    public override string Describe() => $"{Kind} {Name}";
}

/// <summary>What the graph and the plan ask of an operator without knowing its types.</summary>
internal interface IOperatorNode
{
    /// <summary>Identifies the operator's state; required and unique.</summary>
    string Name { get; }

    /// <summary>Position among the operators; set by the graph.</summary>
    int Index { get; set; }

    List<Edge> Inputs { get; }

    View? View { get; }

    /// <summary>What becomes of an event that its function fails on; null if the job fails.</summary>
    ErrorHandling? Errors => null;

    /// <summary>The type of its keys, or null if it has none.</summary>
    Type? KeyType { get; }

    StreamNode Node { get; }

    IEnumerable<Type> StateTypes { get; }

    IEnumerable<string> PartNames { get; }

    bool NeedsEventTime { get; }

    /// <summary>Whether what an event does depends on the ingestion clock when it arrives.</summary>
    bool NeedsClock { get; }

    /// <summary>Whether every key has a grain of its own that holds its state.</summary>
    bool OneGrainPerKey => false;

    /// <summary>Whether its function may wait, for which it needs one grain per key.</summary>
    bool MayWait => false;

    /// <summary>The types that it emits, to itself and to the sides.</summary>
    IEnumerable<Type> OutputTypes => [];

    /// <summary>Makes the keys of one group, for an operator with one grain per key.</summary>
    HostedKeys? CreateHosted(JobPlan plan, int group) => null;

    /// <summary>Makes one instance of the operator, emitting into the stage.</summary>
    GroupOperator Create(Stage stage);
}

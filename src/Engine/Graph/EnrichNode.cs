namespace Weir.Engine.Graph;

using Weir.Engine.Errors;
using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>Calls to the outside as the graph has them: an operator without keys, fed by a forward edge.</summary>
internal sealed class EnrichNode<T, TResult>(
    string name, Func<T, CancellationToken, Task<TResult>> function, EnrichOptions options)
    : StreamNode<TResult>("enrich"), IOperatorNode
{
    public string Name => name;

    public int Index { get; set; } = -1;

    public List<Edge> Inputs { get; } = [];

    public View? View => null;

    public Type? KeyType => null;

    public override bool IsHead => true;

    public Func<T, CancellationToken, Task<TResult>> Function => function;

    public EnrichOptions Options => options;

    /// <summary>Which results ask for another attempt.</summary>
    public Func<TResult, bool>? RetryOn { get; set; }

    /// <summary>What goes on in place of the result of a call that failed for good.</summary>
    public Func<T, Exception, TResult>? Fallback { get; set; }

    /// <summary>Where events go whose call failed for good; null if the job fails.</summary>
    public ErrorHandling<T>? Errors { get; set; }

    ErrorHandling? IOperatorNode.Errors => Errors;

    public IEnumerable<Type> StateTypes => [];

    public IEnumerable<string> PartNames => [];

    public bool NeedsEventTime => false;

    public bool NeedsClock => false;

    StreamNode IOperatorNode.Node => this;

    GroupOperator IOperatorNode.Create(Stage stage) => new EnrichOperator<T, TResult>(this, stage);

    // Capacity, time limit and retries change nothing that is stored and no result: a job may change them at will.
    public override string Describe() => $"{Kind} {name} {options.Order}";
}

namespace Weir.Engine.Graph;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;

/// <summary>Brings events from the end of a stage to the instances of an operator.</summary>
internal abstract class Edge
{
    /// <summary>Position among the edges of the job; set by the graph.</summary>
    public int Id { get; set; } = -1;

    /// <summary>Which input of the operator.</summary>
    public required int Input { get; init; }

    public required IOperatorNode Target { get; init; }

    public abstract StreamNode From { get; }

    /// <summary>Whether it brings what the operator is for; all else comes beside it and takes another way in.</summary>
    public virtual bool IsMain => true;

    /// <summary>What distinguishes it from another edge, for the fingerprint.</summary>
    public abstract string Describe();

    public abstract Slice NewSlice(SliceTarget target, CodecRegistry codecs);
}

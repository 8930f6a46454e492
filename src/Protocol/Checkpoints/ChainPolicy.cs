namespace Weir.Protocol.Checkpoints;

/// <summary>
/// When a group's chain gets a new base, and which of two ways: the group captures one in place of its next changes, or
/// the chain is folded from what is stored. Invariant: a chain whose group changes is never much longer to read than its
/// base, and a new base costs no more than the changes since the last one did.
/// </summary>
/// <remarks>
/// A base of 100 KB with changes of 60 KB behind it: so much changes from one capture to the next that a base costs less
/// than twice as much, so the next capture is one, and nothing has to be read. With changes of 30, 40 and 35 KB none of
/// them is that large: together they outweigh the base, and the chain is folded in the background. So is one of 17
/// segments.
/// </remarks>
public sealed record ChainPolicy
{
    /// <summary>What participants go by unless they are told otherwise.</summary>
    public static readonly ChainPolicy Default = new();

    /// <summary>A chain with more segments is folded; default 16.</summary>
    public int MaxSegments { get; init; } = 16;

    /// <summary>A chain whose changes together are more than this part of its base is folded; default 1.</summary>
    public double MaxChanged { get; init; } = 1;

    /// <summary>Changes that are more than this part of the base are followed by a base; default 0.5.</summary>
    public double MaxChange { get; init; } = 0.5;

    /// <summary>Whether the next capture is to be a base.</summary>
    public bool WantsBase(IReadOnlyList<SegmentRef> chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain.Count > 1 && chain[^1].Length > MaxChange * chain[0].Length;
    }

    /// <summary>Whether the chain is to be folded.</summary>
    public bool WantsFold(IReadOnlyList<SegmentRef> chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return chain.Count > 1
            && !WantsBase(chain)
            && (chain.Count > MaxSegments || chain.Skip(1).Sum(each => each.Length) > MaxChanged * chain[0].Length);
    }
}

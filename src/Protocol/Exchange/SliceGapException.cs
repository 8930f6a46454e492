namespace Weir.Protocol.Exchange;

using Weir.Engine.Operators;

/// <summary>Slices of a channel are missing: the epoch can not go on.</summary>
public sealed class SliceGapException(Slice slice) : Exception(
    $"Slice {slice?.Sequence} of epoch {slice?.Epoch} in channel {slice?.Target.Channel} of group {slice?.Target.Group} "
    + "came out of turn: events before it are missing. The job has to begin a new epoch.");

namespace Weir.Engine.Windows;

using Weir.Engine.Operators;
using Weir.Engine.Time;

/// <summary>Finds the panes that events belong to which were added up before they came.</summary>
internal interface IPartialPanes<TKey>
    where TKey : notnull
{
    /// <summary>Reads ahead what keys own, by their hashes; at most <see cref="State.ReadAhead.Width"/>.</summary>
    void LookAhead(ReadOnlySpan<uint> hashes);

    /// <summary>
    /// The panes of a partial, opened if need be; none if its events are late, which are counted then. Valid until the
    /// next call.
    /// </summary>
    ReadOnlySpan<int> PanesOf(TKey key, uint hash, EventTime time, int events);

    /// <summary>What to throw when a partial can not be added.</summary>
    OperatorFailedException Failed(TKey key, EventTime time, (int Channel, long Offset) origin, Exception fault);
}

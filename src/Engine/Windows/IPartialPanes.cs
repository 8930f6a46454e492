namespace Weir.Engine.Windows;

using Weir.Engine.Operators;
using Weir.Engine.Time;

/// <summary>Finds the pane that events belong to which were added up before they came.</summary>
internal interface IPartialPanes<TKey>
    where TKey : notnull
{
    /// <summary>Reads ahead what keys own, by their hashes; at most <see cref="State.ReadAhead.Width"/>.</summary>
    void LookAhead(ReadOnlySpan<uint> hashes);

    /// <summary>The pane of a partial, opened if need be; -1 if its events are late, which are counted then.</summary>
    int PaneOf(TKey key, uint hash, EventTime time, int events);

    /// <summary>What to throw when a partial can not be added.</summary>
    OperatorFailedException Failed(TKey key, EventTime time, (int Channel, long Offset) origin, Exception fault);
}

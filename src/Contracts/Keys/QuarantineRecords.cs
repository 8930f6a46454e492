namespace Weir.Contracts.Keys;

using Weir.Engine.Time;

/// <summary>
/// A key that an operator keeps in quarantine: the event that it failed on and all later ones are held in order, and its
/// timers wait.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("Weir.QuarantinedKey")]
public sealed record QuarantineReport
{
    /// <summary>The operator.</summary>
    [Id(0)]
    public required string Operator { get; init; }

    /// <summary>The key in the form of <see cref="Json.KeyText"/>.</summary>
    [Id(1)]
    public required string Key { get; init; }

    /// <summary>Events held, the failed one first; 0 if a timer failed and nothing has come since.</summary>
    [Id(2)]
    public required int Events { get; init; }

    /// <summary>The operator, the key, where the event lies, and what was thrown.</summary>
    [Id(3)]
    public required string Error { get; init; }

    /// <summary>How far event time had come when it failed.</summary>
    [Id(4)]
    public required EventTime Watermark { get; init; }

    /// <summary>How far the ingestion clock had come when it failed.</summary>
    [Id(5)]
    public required EventTime Clock { get; init; }
}

/// <summary>What became of a key that was released or discarded.</summary>
/// <param name="Held">Events that were held for it before.</param>
/// <param name="Left">Null if the key is free; else what is held still, because something failed again.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.QuarantineAnswer")]
public sealed record QuarantineAnswer([property: Id(0)] int Held, [property: Id(1)] QuarantineReport? Left);

/// <summary>The keys in quarantine of a key group, and how far it has applied commands.</summary>
/// <param name="Epoch">The epoch of the group.</param>
/// <param name="CommandsTo">The offset after the last command applied to one of its keys.</param>
/// <param name="Keys">The keys.</param>
[GenerateSerializer]
[Immutable]
[Alias("Weir.GroupQuarantine")]
public sealed record GroupQuarantine(
    [property: Id(0)] long Epoch,
    [property: Id(1)] long CommandsTo,
    [property: Id(2)] QuarantineReport[] Keys);

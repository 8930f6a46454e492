namespace Weir.Grains.Keys;

using Weir.Engine.Streams;
using Weir.Grains.Checkpoints;
using Weir.Grains.Exchange;
using Weir.Protocol.Groups;

/// <summary>What a key group needs from around it in one epoch.</summary>
/// <param name="Task">Says what to apply next and when a checkpoint is due.</param>
/// <param name="Outbox">Where it sends.</param>
/// <param name="Duty">Stores and reports what is copied for checkpoints.</param>
/// <param name="Copies">Says when it may copy what was captured.</param>
/// <param name="Demand">Says when a checkpoint is wanted, and whether there is room for more output.</param>
/// <param name="Scheduler">The turns of the group's grain.</param>
/// <param name="InboxBound">How much may wait.</param>
/// <param name="Channels">Number of channels, that of commands included.</param>
/// <param name="Inputs">The job's topics with their partitions, whose clocks must tick while a timer waits for
/// them.</param>
/// <param name="Leases">Keeps clocks ticking.</param>
/// <param name="Time">Says when a call to the outside has taken too long.</param>
/// <param name="Keys">Where the keys live if each has a grain of its own, or null.</param>
internal sealed record GroupContext(
    GroupTask Task,
    StageOutbox Outbox,
    CheckpointDuty Duty,
    CopyTurns Copies,
    CheckpointDemand Demand,
    TaskScheduler Scheduler,
    int InboxBound,
    int Channels,
    IReadOnlyList<(Topic Topic, int Partitions)> Inputs,
    TickLeases Leases,
    TimeProvider Time,
    GrainKeyHost? Keys);

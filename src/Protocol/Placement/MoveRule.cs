namespace Weir.Protocol.Placement;

using Weir.Engine.Time;

/// <summary>What is known of the silos on which an epoch was opened, compared with those of now.</summary>
/// <param name="Version">Which set of silos is known; another number for every change.</param>
/// <param name="IsOther">Whether it is another set than the epoch was opened on.</param>
/// <param name="HasGone">Whether one of the epoch's silos is gone without having said so.</param>
/// <param name="IsLeft">Whether one of the epoch's silos has said that it leaves.</param>
public readonly record struct SiloChange(int Version, bool IsOther, bool HasGone, bool IsLeft);

/// <summary>What a job does about a change of silos.</summary>
public enum MoveDecision
{
    /// <summary>Nothing, at least not yet.</summary>
    Stay,

    /// <summary>Take a checkpoint and go on from it where its participants belong now.</summary>
    MoveAtCheckpoint,

    /// <summary>Go on from the last checkpoint: there is no time for another one.</summary>
    MoveAtOnce,

    /// <summary>Participants are lost: begin anew from the last checkpoint.</summary>
    BeginAnew,
}

/// <summary>
/// Decides when the participants of an epoch move. Invariant: a silo that comes moves nothing before the silos have been
/// the same for a while, because each move interrupts the job; one that leaves is left soon, whatever checkpoints do.
/// </summary>
/// <param name="settle">For how long the silos must have been the same.</param>
/// <param name="patience">How long a silo that leaves waits for a checkpoint.</param>
public sealed class MoveRule(TimeSpan settle, TimeSpan patience)
{
    private int? _version;
    private EventTime _since;
    private EventTime? _leftSince;

    /// <summary>An epoch begins: it is opened on the silos of now.</summary>
    public void OnOpening() => (_version, _leftSince) = (null, null);

    /// <summary>What to do now; to be asked again as time passes.</summary>
    public MoveDecision Decide(SiloChange change, EventTime now)
    {
        if (!change.IsOther)
        {
            OnOpening();
            return MoveDecision.Stay;
        }

        if (change.HasGone)
            return MoveDecision.BeginAnew;
        if (_version != change.Version)
            (_version, _since) = (change.Version, now);
        if (!change.IsLeft)
            return now - _since >= settle ? MoveDecision.MoveAtCheckpoint : MoveDecision.Stay;
        _leftSince ??= now;
        return now - _leftSince.Value >= patience ? MoveDecision.MoveAtOnce : MoveDecision.MoveAtCheckpoint;
    }
}

namespace Weir.Simulation.World;

using Weir.Protocol.Sinks;

/// <summary>How often what goes wrong, in one seed. Most seeds have some kinds of faults and not others.</summary>
public sealed record Faults
{
    public double MessageLost { get; init; }

    public double MessageTwice { get; init; }

    public double MessageSlow { get; init; }

    public double SliceTwice { get; init; }

    public double SliceLost { get; init; }

    public double StoreRefuses { get; init; }

    public double StoreAnswerLost { get; init; }

    public double StoreTears { get; init; }

    public double StoreSlow { get; init; }

    public double StoreUnreadable { get; init; }

    public double RecordAnswerLost { get; init; }

    public double RecordUnreadable { get; init; }

    public double LogRefuses { get; init; }

    public double LogAnswerLost { get; init; }

    public double LogSlow { get; init; }

    /// <summary>Milliseconds between crashes of silos; 0: none crashes.</summary>
    public int CrashEvery { get; init; }

    /// <summary>Milliseconds between coordinators that are begun though one lives; 0: none.</summary>
    public int DuplicateEvery { get; init; }

    /// <summary>Milliseconds between damages of the latest checkpoint; 0: none.</summary>
    public int DamageEvery { get; init; }

    /// <summary>How much output may be staged: in many seeds much less than a checkpoint covers.</summary>
    public StagingBound Staging { get; init; } = StagingBound.Default;

    /// <summary>Milliseconds between moves of the job to other silos; 0: none.</summary>
    public int MoveEvery { get; init; }

    /// <summary>Whether savepoints are asked for, and the job stopped and started, meanwhile.</summary>
    public bool HasSavepoints { get; init; }

    public static Faults Of(Chance chance, bool mayDamage)
    {
        double Some(double most) => chance.Happens(0.5) ? chance.Below(1000) / 1000.0 * most : 0;
        return new Faults
        {
            MessageLost = Some(0.08),
            MessageTwice = Some(0.1),
            MessageSlow = Some(0.1),
            SliceTwice = Some(0.05),
            SliceLost = Some(0.001),
            StoreRefuses = Some(0.15),
            StoreAnswerLost = Some(0.15),
            StoreTears = Some(0.1),
            StoreSlow = Some(0.15),
            StoreUnreadable = Some(0.02),
            RecordAnswerLost = Some(0.3),
            RecordUnreadable = Some(0.2),
            LogRefuses = Some(0.1),
            LogAnswerLost = Some(0.15),
            LogSlow = Some(0.2),
            CrashEvery = chance.Happens(0.8) ? chance.Between(120, 900) : 0,
            DuplicateEvery = chance.Happens(0.4) ? chance.Between(200, 900) : 0,
            HasSavepoints = chance.Happens(0.4),
            Staging = chance.Happens(0.5)
                ? new StagingBound(chance.Between(1, 12), chance.Between(20, 2000))
                : StagingBound.Default,
            DamageEvery = mayDamage && chance.Happens(0.5) ? chance.Between(300, 900) : 0,
            MoveEvery = chance.Happens(0.4) ? chance.Between(60, 500) : 0,
        };
    }
}

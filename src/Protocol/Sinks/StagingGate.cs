namespace Weir.Protocol.Sinks;

/// <summary>How much output of one instance of a stage may wait for its checkpoint in memory.</summary>
/// <param name="Events">Events, 1 or more.</param>
/// <param name="Bytes">Bytes of their codecs, 1 or more.</param>
public readonly record struct StagingBound(long Events, long Bytes)
{
    /// <summary>262 144 events or 16 MiB, whichever comes first.</summary>
    public static readonly StagingBound Default = new(262_144, 16 << 20);
}

/// <summary>
/// Whether an instance of a stage may take input. Invariant: with as much output staged as may be, it takes only what
/// stands before the barrier of a checkpoint that is under way, so that the barrier comes through; what it gives beyond
/// the bound follows from what was on its way when the bound was reached.
/// </summary>
/// <remarks>
/// The bound is 100 events and 104 are staged since checkpoint 6. The host asks for a checkpoint again and again while
/// it <see cref="IsFull"/>. Told that 7 is under way and waits for this instance, it goes on until 7 is taken, then
/// stands still; when 7 is complete and its output is in its topics, there is room again. If 7 is given up, 8 is asked
/// for. A source needs no permission for that: its barrier stands before what it has not read.
/// </remarks>
public sealed class StagingGate(StagedOutput output, StagingBound bound)
{
    private long _expected;

    /// <summary>The last checkpoint that the instance has taken part in; 0: none in this epoch.</summary>
    public long Taken { get; private set; }

    /// <summary>Whether as much is staged as may be.</summary>
    public bool IsFull => output.Events >= bound.Events || output.Bytes >= bound.Bytes;

    /// <summary>Whether only another checkpoint can make room; if not, what was prepared is on its way out.</summary>
    public bool NeedsCheckpoint => IsFull && output.HasUnprepared;

    /// <summary>Whether input may be taken.</summary>
    public bool IsOpen => _expected > Taken || !IsFull;

    /// <summary>A checkpoint is under way and waits for this instance; 0: none is.</summary>
    public void Expect(long number) => _expected = number;

    /// <summary>The instance has taken part in a checkpoint.</summary>
    public void Take(long number) => Taken = Math.Max(Taken, number);

    /// <summary>A checkpoint, and any before it, was given up.</summary>
    public void Abort(long number)
    {
        if (_expected <= number)
            _expected = 0;
    }
}

namespace Weir.Protocol.Groups;

using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Operators;
using Weir.Protocol.Exchange;

/// <summary>What a group's task has to know.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Channels">Number of channels, that of commands included; 1 or more.</param>
public sealed record GroupTaskOptions(long Epoch, int Channels);

/// <summary>
/// Says in which order a key group applies its slices and when it takes a checkpoint. Invariant: of each channel slices
/// come in order, each once, of one epoch only; what stands behind a barrier waits until the checkpoint is taken or
/// given up, and waits for nothing else.
/// </summary>
/// <remarks>
/// The host loops: while <see cref="TryNext"/> gives a slice, apply it and release it; if <see cref="Due"/> is set then,
/// capture the program, let it emit the barrier, flush, call <see cref="Taken"/>, and go on. What waits behind a
/// barrier must not count against the room of other channels: their barriers are what it waits for.
/// </remarks>
public sealed class GroupTask
{
    private readonly SliceSequences _sequences;
    private readonly BarrierAlignment _alignment;
    private readonly Queue<Slice>[] _held;
    private readonly int[] _weights;
    private readonly Queue<Slice> _released = new();
    private readonly Queue<Slice> _ready = new();
    private bool _changesAlone;

    /// <summary>Begins an epoch of a group.</summary>
    public GroupTask(GroupProgram program, GroupTaskOptions options)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(options);
        Program = program;
        Epoch = options.Epoch;
        _sequences = new SliceSequences(options.Epoch);
        _alignment = new BarrierAlignment(options.Channels);
        _held = new Queue<Slice>[options.Channels];
        _weights = new int[options.Channels];
        _changesAlone = program.Calls is not null;
        for (int i = 0; i < _held.Length; i++)
            _held[i] = new Queue<Slice>();
    }

    /// <summary>The program that it feeds.</summary>
    public GroupProgram Program { get; }

    /// <summary>The epoch.</summary>
    public long Epoch { get; }

    /// <summary>
    /// The checkpoint to take before anything else; null if there is none. To be looked at after what
    /// <see cref="TryNext"/> gave has been applied.
    /// </summary>
    public long? Due => _alignment.Due;

    /// <summary>The checkpoint that waits for barriers of some channels; 0 if there is none.</summary>
    public long Aligning => _alignment.Current;

    /// <summary>How many channels have not given the barrier that is waited for.</summary>
    public int MissingChannels => _alignment.Current == 0 ? 0 : _held.Length - _alignment.HeldChannels;

    /// <summary>What waits behind barriers weighs this; see <see cref="Slice.Weight"/>.</summary>
    public int HeldWeight { get; private set; }

    /// <summary>Whether <see cref="TryNext"/> may give something, or a checkpoint is due.</summary>
    public bool HasWork => Due is not null || _released.Count > 0 || _ready.Count > 0;

    /// <summary>The last checkpoint that was taken; 0: none in this epoch.</summary>
    public long LastTaken { get; private set; }

    /// <summary>
    /// Whether something has changed since then of which no source can know: a timer of the clock fired at a mere tick,
    /// or a call to the outside has ended. What follows from events, the sources say.
    /// </summary>
    public bool HasChangedAlone => _changesAlone && Program.HasChanges;

    /// <summary>The weight of what waits behind the barrier of a channel.</summary>
    public int HeldWeightOf(int channel) => _weights[channel];

    /// <summary>Takes a slice that has arrived. What was taken before, or is of an older epoch, is dropped.</summary>
    /// <exception cref="SliceGapException">Slices before it are missing.</exception>
    public SliceAdmission Offer(Slice slice)
    {
        SliceAdmission admission = _sequences.Admit(slice);
        switch (admission)
        {
            case SliceAdmission.Next:
                _sequences.Take(slice);
                _ready.Enqueue(slice);
                break;
            case SliceAdmission.Gap:
                throw new SliceGapException(slice);
            default:
                slice.Release();
                break;
        }

        return admission;
    }

    /// <summary>
    /// The next slice to apply. False if none may be applied now; a checkpoint may be <see cref="Due"/> then.
    /// </summary>
    public bool TryNext([NotNullWhen(true)] out Slice? slice)
    {
        slice = null;
        while (Due is null && (_released.TryDequeue(out Slice? next) || _ready.TryDequeue(out next)))
        {
            int channel = next.Target.Channel;
            if (_alignment.IsHeld(channel))
            {
                Hold(channel, next);
                continue;
            }

            // Before it is applied: the timer that fires is gone afterwards.
            _changesAlone |= Program.WaitsForClock;
            if (next.Barrier > 0 && _alignment.Arrive(channel, next.Barrier))
                ReleaseHeld();
            slice = next;
            return true;
        }

        return false;
    }

    /// <summary>The checkpoint that was due has been captured and its barrier sent on.</summary>
    public void Taken(long number)
    {
        _alignment.Taken(number);
        LastTaken = number;
        _changesAlone = Program.Calls is not null;
        ReleaseHeld();
    }

    /// <summary>A checkpoint, and any before it, was given up: nothing waits for its barriers any more.</summary>
    public void Abort(long number)
    {
        if (_alignment.Abort(number))
            ReleaseHeld();
    }

    /// <summary>Drops everything that waits.</summary>
    public void Clear()
    {
        ReleaseHeld();
        while (_released.TryDequeue(out Slice? slice) || _ready.TryDequeue(out slice))
            slice.Release();
    }

    private void Hold(int channel, Slice slice)
    {
        _held[channel].Enqueue(slice);
        _weights[channel] += slice.Weight;
        HeldWeight += slice.Weight;
    }

    // What was held came out of the queues, so it is older than all of its channel that is still in them, be it what is
    // left of an earlier release or what is ready: it goes in front of both.
    private void ReleaseHeld()
    {
        if (HeldWeight == 0 && _held.All(queue => queue.Count == 0))
            return;
        Slice[] left = [.. _released];
        _released.Clear();
        foreach (Queue<Slice> queue in _held)
        {
            while (queue.TryDequeue(out Slice? slice))
                _released.Enqueue(slice);
        }

        foreach (Slice slice in left)
            _released.Enqueue(slice);
        Array.Clear(_weights);
        HeldWeight = 0;
    }
}

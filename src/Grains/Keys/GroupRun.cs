namespace Weir.Grains.Keys;

using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Grains.Exchange;
using Weir.Protocol.Exchange;

/// <summary>What a key group needs from around it in one epoch.</summary>
/// <param name="Program">The engine's program.</param>
/// <param name="Outbox">Where it sends.</param>
/// <param name="Scheduler">The turns of the group's grain.</param>
/// <param name="InboxBound">How much may wait.</param>
/// <param name="Inputs">The job's topics with their partitions, whose clocks must tick while a timer waits for
/// them.</param>
/// <param name="Leases">Keeps clocks ticking.</param>
/// <param name="Time">Says when a call to the outside has taken too long.</param>
/// <param name="Keys">Where the keys live if each has a grain of its own, or null.</param>
internal sealed record GroupContext(
    GroupProgram Program,
    StageOutbox Outbox,
    TaskScheduler Scheduler,
    int InboxBound,
    IReadOnlyList<(Topic Topic, int Partitions)> Inputs,
    TickLeases Leases,
    TimeProvider Time,
    GrainKeyHost? Keys);

/// <summary>
/// One epoch of a key group: it applies what has arrived, as soon as it arrives, in turns of the group's grain.
/// Invariant: one pump runs at a time, and between two of its awaits the program is in a state that may be read. While
/// calls to the outside leave no room it takes no slices: the inbox fills, senders wait, and an outcome wakes it.
/// </summary>
internal sealed class GroupRun
{
    // A turn applies at most this much before it lets queries in.
    private const int WeightPerTurn = 4096;
    private const int FlushAt = 4096;
    private readonly GroupContext _context;
    private readonly SliceSequences _sequences;
    private readonly Action _ended;
    private readonly Action<Exception> _failed;
    private readonly GroupCalls? _calls;
    private Queue<Slice> _slices = new();
    private int _isPumping;
    private bool _isClosed;
    private bool _hasReportedEnd;

    public GroupRun(long epoch, GroupContext context, Action ended, Action<Exception> failed)
    {
        _context = context;
        _sequences = new SliceSequences(epoch);
        _ended = ended;
        _failed = failed;
        Inbox = new GroupInbox(epoch, context.InboxBound, Wake);
        if (context.Program.Calls is not { } calls)
            return;

        // A restored program has calls to make though no event has come.
        _calls = new GroupCalls(calls, context.Time, Wake);
        _calls.Begin();
    }

    public GroupProgram Program => _context.Program;

    public GroupInbox Inbox { get; }

    public long Epoch => Inbox.Epoch;

    private bool HasRoom => _calls?.HasRoom != false;

    private bool HasWork =>
        !_isClosed && (_calls?.HasFinished == true || (HasRoom && (_slices.Count > 0 || Inbox.HasAny)));

    /// <summary>Drops what waits and applies nothing more; what was applied stays readable.</summary>
    public void Close()
    {
        _isClosed = true;
        Inbox.Close();
        _calls?.Close();
        _context.Outbox.Dispose();
        _context.Keys?.Forget();
    }

    private void Wake()
    {
        if (Interlocked.CompareExchange(ref _isPumping, 1, 0) == 0)
            Task.Factory.StartNew(PumpAsync, default, TaskCreationOptions.DenyChildAttach, _context.Scheduler);
    }

    private async Task PumpAsync()
    {
        try
        {
            do
            {
                while (HasWork)
                    await WorkAsync();

                // A full fence: whoever adds work after it is looked for below finds that no pump runs.
                Interlocked.Exchange(ref _isPumping, 0);
            }
            while (HasWork && Interlocked.CompareExchange(ref _isPumping, 1, 0) == 0);
        }
        catch (Exception fault)
        {
            Close();
            _failed(fault);
        }
    }

    private async Task WorkAsync()
    {
        int budget = WeightPerTurn;
        _calls?.TakeFinished();
        _calls?.Begin();
        if (_slices.Count == 0 && HasRoom)
            _slices = Inbox.TakeAll();
        while (HasRoom && !_isClosed && _slices.TryDequeue(out Slice? slice))
        {
            budget -= slice.Weight;
            await ApplyAsync(slice);
            _calls?.Begin();
            if (Program.Held >= FlushAt)
                await FlushAsync();
            if (budget > 0)
                continue;
            await Task.Yield();
            budget = WeightPerTurn;
        }

        await FlushAsync();
        if (Program.WaitsForClock)
            RenewTicks();
        if (Program.HasEnded && !_hasReportedEnd)
        {
            _hasReportedEnd = true;
            await _context.Outbox.WhenStoredAsync();
            _ended();
        }
    }

    private ValueTask ApplyAsync(Slice slice)
    {
        switch (_sequences.Admit(slice))
        {
            case SliceAdmission.Next:
                _sequences.Take(slice);
                if (_context.Keys is { } keys)
                    return ApplyToKeysAsync(slice, keys);
                Program.Apply(slice);
                break;
            case SliceAdmission.Gap:
                throw new InvalidOperationException(
                    $"Slice {slice.Sequence} of channel {slice.Target.Channel} came out of turn: "
                    + "events before it are missing.");
        }

        slice.Release();
        return ValueTask.CompletedTask;
    }

    private async ValueTask ApplyToKeysAsync(Slice slice, GrainKeyHost keys)
    {
        await Program.ApplyAsync(slice, keys);
        slice.Release();
    }

    private ValueTask FlushAsync()
    {
        Program.Flush(_context.Outbox);
        return _context.Outbox.DrainAsync();
    }

    private void RenewTicks()
    {
        foreach ((Topic topic, int partitions) in _context.Inputs)
            _context.Leases.Renew(topic.Name, partitions);
    }
}

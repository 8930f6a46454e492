namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <content>What people decide about keys in quarantine.</content>
internal abstract partial class GuardedOperator<TKey, TIn, TOut>
{
    public sealed override void ApplyCommands(Slice slice)
    {
        var commands = (Slice<QuarantineCommand>)slice;
        for (int i = 0; i < commands.Count; i++)
        {
            long offset = commands.OffsetAt(i);
            if (commands.Values[i] is not { Key: not null } command || offset is < 0 or long.MaxValue)
                throw new CorruptDataException($"a command at the offset {offset} is none, or can not be there");
            int row = FindRow(command.Key);
            if (row >= 0 && _held?.Find(row) is { } held)
            {
                Keys.Touch(row);
                if (!command.IsRelease)
                    Discard(row, held);
                Release(row, held);
            }

            CommandsTo = offset + 1;
        }
    }

    /// <summary>
    /// Applies what is held as if nothing had happened: each event at the watermark and clock at which it came, timers
    /// in their place between them. Whatever fails again holds the key again, with the rest behind it.
    /// </summary>
    /// <remarks>
    /// Held: a at watermark 10, b at 30; a timer at 20; the watermark is 40 now. The order is a, timer, b, then timers
    /// up to 40. So an event that was not late when it came is not late now. Steps of time between two held events are
    /// taken as one, the clock before the watermark.
    /// </remarks>
    private void Release(int row, HeldKey<TIn> held)
    {
        TKey key = Keys.Key(row);
        _held!.Remove(row);
        Unpark(held);
        (EventTime watermark, EventTime clock) = (Watermark, Clock);
        (Watermark, Clock) = (held.Watermark, held.Clock);
        int next = 0;
        bool goesOn = held.Timer is null || (FireDue(key, TimeDomain.Processing) && FireDue(key, TimeDomain.Event));
        goesOn = goesOn && CatchUp(key);
        while (goesOn && next < held.Events.Count)
        {
            HeldEvent<TIn> each = held.Events[next];
            goesOn = AdvanceTo(key, each.Watermark, each.Clock);
            if (!goesOn)
                break;
            ApplyGuarded(key, in each);
            next++;
            goesOn = Again(key) is null;
        }

        goesOn = goesOn && AdvanceTo(key, watermark, clock);
        (Watermark, Clock) = (watermark, clock);
        if (!goesOn)
            Again(key)!.Events.AddRange(held.Events[next..]);
        else if (Find(key) is >= 0 and var left)
            RemoveRowIfEmpty(left);
    }

    /// <summary>Gives up what is held: the events and the timer that failed.</summary>
    private void Discard(int row, HeldKey<TIn> held)
    {
        TKey key = Keys.Key(row);
        bool waited = DiscardPending(key, row, held);
        DeadLetters += held.Events.Count;
        for (int i = 0; i < held.Events.Count; i++)
        {
            HeldEvent<TIn> each = held.Events[i];
            bool failed = i == 0 && held.Timer is null && !waited;
            FailedCall call = Call(key, each.Time, OriginOf(each.Channel, each.Offset));
            SendLetter(call, each.Value, failed ? held.Error : $"Discarded behind another: {held.Error}");
        }

        held.Events.Clear();
        if (held.Timer is not { } at)
            return;
        DeadLetters++;
        Unpark(held);
        (int owner, StoredTimer timer) = TimersOf(at.Domain).All().First(each =>
            each.Timer.Sequence == at.Sequence && RowOfTimer(each.Owner, each.Timer.Tag) == row);
        SendLetter(Call(key, timer.Time, null) with { IsTimer = true }, default, held.Error);
        TimersOf(at.Domain).Remove(timer.Time, owner, timer.Tag);
        DropTimer(new DueTimer(timer.Time, owner, timer.Tag, timer.Sequence), at.Domain);
    }

    private bool AdvanceTo(TKey key, EventTime watermark, EventTime clock)
    {
        bool rose = watermark > Watermark;
        bool clockRose = clock > Clock;
        (Watermark, Clock) = (watermark, clock);
        return (!clockRose || FireDue(key, TimeDomain.Processing))
            && (!rose || (FireDue(key, TimeDomain.Event) && CatchUp(key)));
    }

    /// <summary>Fires the timers of one key that are due, in order; false once one of them failed.</summary>
    private bool FireDue(TKey key, TimeDomain domain)
    {
        EventTime now = domain == TimeDomain.Event ? Watermark : DueClock;
        while (Find(key) is >= 0 and var row && FirstTimer(row, domain) is { } first && first.Time <= now)
        {
            TimersOf(domain).Remove(first.Time, first.Owner, first.Tag);
            if (!FireGuarded(row, first, domain))
                return false;
        }

        return true;
    }

    private DueTimer? FirstTimer(int row, TimeDomain domain)
    {
        DueTimer? first = null;
        foreach ((int owner, StoredTimer timer) in TimersOf(domain).All())
        {
            bool isEarlier = first is not { } other
                || timer.Time < other.Time
                || (timer.Time == other.Time && timer.Sequence < other.Sequence);
            if (isEarlier && RowOfTimer(owner, timer.Tag) == row)
                first = new DueTimer(timer.Time, owner, timer.Tag, timer.Sequence);
        }

        return first;
    }

    private HeldKey<TIn>? Again(TKey key) => Find(key) is >= 0 and var row ? _held!.Find(row) : null;
}

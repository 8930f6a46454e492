namespace Weir.Engine.Tests.Timers;

using CsCheck;
using Weir.Engine.Time;
using Weir.Engine.Timers;

public sealed class TimerQueueTests
{
    [Fact]
    public void Queue_IsAListInOrder() => Gen
        .Select(Gen.Int[0, 4], Gen.Int[0, 6], Gen.Int[0, 40], Gen.Int[0, 1])
        .Array[1, 400]
        .Sample(
            steps =>
            {
                var queue = new TimerQueue();
                var model = new List<(long Time, int Owner, int Tag, long Sequence)>();
                foreach ((int step, int time, int owner, int tag) in steps)
                {
                    if (step == 0)
                        Take(queue, model, time);
                    else if (step == 1)
                        Assert.Equal(
                            model.RemoveAll(Is(time, owner, tag)) > 0, queue.Remove(new EventTime(time), owner, tag));
                    else
                        Add(queue, model, (time, owner, tag));
                    Assert.Equal(model.Count, queue.Count);
                    long next = model.Count == 0 ? long.MaxValue : model.Min(timer => timer.Time);
                    Assert.Equal(next, queue.Next.Milliseconds);
                }

                Assert.Equal(
                    model.Order(),
                    queue.All().Select(each =>
                        (each.Timer.Time.Milliseconds, each.Owner, each.Timer.Tag, each.Timer.Sequence)).Order());
                Take(queue, model, long.MaxValue);
            },
            iter: 200);

    [Fact]
    public void ATimerAtTheEndOfTime_ComesOutAtTheEnd()
    {
        var queue = new TimerQueue();
        queue.Add(EventTime.MaxValue, 1);
        Assert.False(queue.TryTake(new EventTime(long.MaxValue - 1), out _));
        Assert.True(queue.TryTake(EventTime.MaxValue, out DueTimer timer));
        Assert.Equal(new DueTimer(EventTime.MaxValue, 1, 0), timer with { Sequence = 0 });
        Assert.False(queue.TryTake(EventTime.MaxValue, out _));
    }

    [Fact]
    public void TimersThatMoveAbout_NeedNoMoreMemory()
    {
        var queue = new TimerQueue();
        queue.Add(new EventTime(1_000_000), 0);
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100_000; i++)
            {
                queue.AddNew(new EventTime(1_000_000), 1);
                queue.Remove(new EventTime(1_000_000), 1);
            }

            // One list of bounded size, not an entry for each of the moves.
            if (round == 1)
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        }

        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public void TimesWithoutTimers_AreForgotten()
    {
        var queue = new TimerQueue();
        for (int i = 0; i < 100_000; i++)
        {
            queue.AddNew(new EventTime(1_000 + i), 1);
            queue.Remove(new EventTime(1_000 + i), 1);
            Assert.InRange(queue.HeldTimes, 0, 100);
        }

        queue.Add(new EventTime(7), 1);
        Assert.Equal(new EventTime(7), queue.Next);
    }

    // Each owner moves its one timer, so most times that were ever held have none, and what held them is used again.
    [Fact]
    public void TimersThatMoveAbout_StayInOrder() => Gen
        .Select(Gen.Int[0, 9], Gen.Int[0, 1000], Gen.Int[0, 19])
        .Array[500, 1500]
        .Sample(
            steps =>
            {
                var queue = new TimerQueue();
                var model = new List<(long Time, int Owner, int Tag, long Sequence)>();
                foreach ((int by, int time, int owner) in steps)
                {
                    foreach ((long old, _, int tag, _) in model.FindAll(timer => timer.Owner == owner))
                        Assert.True(queue.Remove(new EventTime(old), owner, tag));
                    model.RemoveAll(timer => timer.Owner == owner);
                    Add(queue, model, (time, owner, 0));
                    long next = model.Min(timer => timer.Time);
                    Assert.Equal(next, queue.Next.Milliseconds);
                    if (by == 0)
                        Take(queue, model, next);
                }

                Take(queue, model, long.MaxValue);
            },
            iter: 50);

    private static void Add(
        TimerQueue queue,
        List<(long Time, int Owner, int Tag, long Sequence)> model,
        (long Time, int Owner, int Tag) timer)
    {
        bool isNew = !model.Exists(Is(timer.Time, timer.Owner, timer.Tag));
        if (isNew)
            model.Add((timer.Time, timer.Owner, timer.Tag, queue.NextSequence));
        Assert.Equal(isNew, queue.Add(new EventTime(timer.Time), timer.Owner, timer.Tag));
    }

    private static void Take(TimerQueue queue, List<(long Time, int Owner, int Tag, long Sequence)> model, long now)
    {
        var due = model.Where(timer => timer.Time <= now).OrderBy(timer => (timer.Time, timer.Sequence)).ToList();
        foreach ((long time, int owner, int tag, _) in due)
        {
            Assert.True(queue.TryTake(new EventTime(now), out DueTimer timer));
            Assert.Equal(new DueTimer(new EventTime(time), owner, tag), timer with { Sequence = 0 });
        }

        Assert.False(queue.TryTake(new EventTime(now), out _));
        model.RemoveAll(timer => timer.Time <= now);
    }

    private static Predicate<(long Time, int Owner, int Tag, long Sequence)> Is(long time, int owner, int tag) =>
        timer => timer.Time == time && timer.Owner == owner && timer.Tag == tag;

    [Fact]
    public void WhatIsUndone_LeavesTheQueueAsItWas() => Gen
        .Select(
            Gen.Select(Gen.Long[0, 5], Gen.Int[0, 30], Gen.Bool).Array[0, 60],
            Gen.Select(Gen.Long[0, 5], Gen.Int[0, 30], Gen.Bool).Array[0, 60])
        .Sample((before, attempt) =>
        {
            var queue = new TimerQueue();
            Change(queue, before);
            (int, StoredTimer)[] all = [.. queue.All().OrderBy(each => each.Timer.Sequence)];
            long next = queue.NextSequence;
            int told = 0;
            queue.Begin();
            int changed = Change(queue, attempt);
            queue.Undo((_, _, _) => told++);

            Assert.Equal((next, changed, all.Length), (queue.NextSequence, told, queue.Count));
            Assert.Equal(all, queue.All().OrderBy(each => each.Timer.Sequence));
            foreach ((int owner, StoredTimer timer) in all
                .OrderBy(each => each.Item2.Time).ThenBy(each => each.Item2.Sequence))
            {
                Assert.True(queue.TryTake(EventTime.MaxValue, out DueTimer due));
                Assert.Equal(new DueTimer(timer.Time, owner, timer.Tag, timer.Sequence), due);
            }
        });

    private static int Change(TimerQueue queue, (long Time, int Owner, bool Adds)[] steps) => steps.Count(step => step.Adds
        ? queue.Add(new EventTime(step.Time), step.Owner)
        : queue.Remove(new EventTime(step.Time), step.Owner));
}

namespace Weir.Engine.Tests.Timers;

using CsCheck;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using static Weir.Engine.Tests.Reading;

public sealed class RowScheduleTests
{
    [Fact]
    public void OfTwoTimesOfARow_TheEarlierCountsUntilItIsTaken()
    {
        var schedule = new RowSchedule();
        schedule.Ask(3, T(20));
        schedule.Ask(3, T(10));
        schedule.Ask(3, T(15));
        Assert.Empty(Taken(schedule, 9));
        Assert.Equal([3], Taken(schedule, 10));
        Assert.Empty(Taken(schedule, 100));
        schedule.Ask(3, T(20));
        Assert.Equal([3], Taken(schedule, 20));
    }

    [Fact]
    public void RowsOfOneTimeComeInTheirOrder()
    {
        var schedule = new RowSchedule();
        schedule.Ask(1, T(5), 7);
        schedule.Ask(2, T(5), 6);
        schedule.Ask(0, T(4), 8);
        Assert.Equal([0, 2, 1], Taken(schedule, 5));
    }

    [Fact]
    public void TheEndOfTimeIsATimeLikeAnyOther()
    {
        var schedule = new RowSchedule();
        schedule.Ask(0, EventTime.MaxValue);
        Assert.Empty(Taken(schedule, long.MaxValue - 1));
        Assert.Equal([0], Taken(schedule, long.MaxValue));
    }

    [Fact]
    public void EachRowIsTakenAtTheEarliestOfItsTimes() => Gen
        .Select(Gen.Bool, Gen.Int[0, 5], Gen.Long[0, 20]).Array[1, 60]
        .Sample(steps =>
        {
            var schedule = new RowSchedule();
            var model = new Dictionary<int, long>();
            foreach ((bool take, int row, long time) in steps)
            {
                if (!take)
                {
                    schedule.Ask(row, T(time), row);
                    model[row] = Math.Min(model.GetValueOrDefault(row, long.MaxValue), time);
                    continue;
                }

                int[] due = [.. model.Where(each => each.Value <= time).OrderBy(each => (each.Value, each.Key))
                    .Select(each => each.Key)];
                Assert.Equal(due, Taken(schedule, time));
                foreach (int taken in due)
                    model.Remove(taken);
            }
        });

    private static List<int> Taken(RowSchedule schedule, long now)
    {
        List<int> rows = [];
        while (schedule.TryTake(T(now), out int row))
            rows.Add(row);
        return rows;
    }
}

namespace Weir.Engine.Tests.State;

using CsCheck;
using Weir.Engine.State;
using Weir.Engine.Time;
using static Weir.Engine.Tests.Reading;

public sealed class ExpiryQueueTests
{
    [Fact]
    public void Entries_LeaveInTheOrderOfTheirLastUpdate()
    {
        var queue = new ExpiryQueue(Lifetime.Of(Ms(100), null));
        int a = queue.Add(row: 1, place: 0, T(10));
        int b = queue.Add(row: 2, place: 0, T(20));
        int c = queue.Add(row: 3, place: 7, T(30));
        queue.Touch(a, T(40));
        Assert.Equal(T(120), queue.Next);
        Assert.False(queue.HasExpired(T(119)));
        Assert.True(queue.HasExpired(T(120)));
        Assert.Equal((b, 2), (queue.First, queue.Row(queue.First)));
        queue.Remove(b);
        Assert.Equal((c, 7), (queue.First, queue.Place(queue.First)));
        queue.Remove(c);
        Assert.Equal((a, T(140)), (queue.First, queue.Next));
        queue.Remove(a);
        Assert.Equal((-1, EventTime.MaxValue), (queue.First, queue.Next));
        Assert.False(queue.HasExpired(EventTime.MaxValue));
    }

    [Fact]
    public void EntriesFromBeforeTheClock_CountFromItsBeginning()
    {
        var queue = new ExpiryQueue(Lifetime.Of(Ms(100), null));
        queue.Add(row: 1, place: 0, EventTime.MinValue);
        queue.Add(row: 2, place: 0, EventTime.MinValue);
        queue.Begin(T(1000));
        Assert.Equal([T(1000), T(1000)], new[] { queue.Updated(0), queue.Updated(1) });
        Assert.Equal(T(1100), queue.Next);
    }

    [Fact]
    public void ExpiryBeyondTheEndOfTime_IsTheEndOfTime()
    {
        var queue = new ExpiryQueue(Lifetime.Of(TimeSpan.MaxValue, null));
        queue.Add(row: 1, place: 0, T(10));
        Assert.Equal(EventTime.MaxValue, queue.Next);
        Assert.False(queue.HasExpired(T(long.MaxValue - 1)));
    }

    [Fact]
    public void Queue_IsASortedList() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 20], Gen.Long[0, 3]).Array[1, 300].Sample(
        steps =>
        {
            var queue = new ExpiryQueue(Lifetime.Of(Ms(10), null));
            var model = new List<(int Node, int Row)>();
            long now = 0;
            int row = 0;
            foreach ((int op, int which, long pass) in steps)
            {
                now += pass;
                if (op < 2 || model.Count == 0)
                {
                    model.Add((queue.Add(row, 0, T(now)), row));
                    row++;
                }
                else
                {
                    (int Node, int Row) entry = model[which % model.Count];
                    model.Remove(entry);
                    if (op == 2)
                        queue.Remove(entry.Node);
                    else
                        queue.Touch(entry.Node, T(now));
                    if (op == 3)
                        model.Add(entry);
                }

                Assert.Equal(model.Count == 0 ? -1 : model[0].Node, queue.First);
                Assert.All(model, entry => Assert.Equal(entry.Row, queue.Row(entry.Node)));
            }

            var left = new List<int>();
            for (; queue.First >= 0; queue.Remove(queue.First))
                left.Add(queue.Row(queue.First));
            Assert.Equal(model.Select(entry => entry.Row), left);
        },
        iter: 200);

    [Fact]
    public void ReadFromASegment_ItIsPutInOrder_AndEqualTimesStayInTheOrderOfReading()
    {
        var queue = new ExpiryQueue(Lifetime.Of(Ms(10), null));
        long[] times = [30, 10, 20, 10, 30, 20];
        for (int row = 0; row < times.Length; row++)
            queue.Add(row, 0, T(times[row]));
        queue.Sort();
        var rows = new List<int>();
        for (; queue.First >= 0; queue.Remove(queue.First))
            rows.Add(queue.Row(queue.First));
        Assert.Equal([1, 3, 2, 5, 0, 4], rows);
    }
}

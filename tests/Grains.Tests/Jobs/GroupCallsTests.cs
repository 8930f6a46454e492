namespace Weir.Grains.Tests.Jobs;

using System.Collections.Concurrent;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Grains.Keys;

/// <summary>The calls of a group, which is played by a loop that looks only when it is woken.</summary>
public sealed class GroupCallsTests
{
    private readonly ConcurrentDictionary<int, int> _asked = new();

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public async Task EveryCall_IsMadeOnce_AndItsOutcomeWakesTheGroup(int capacity)
    {
        const int events = 20_000;
        IGroupCalls calls = AskedCalls.Of(
            new EnrichOptions { Capacity = capacity },
            async (number, _) =>
            {
                _asked.AddOrUpdate(number, 1, (_, times) => times + 1);
                if (number % 5 == 0)
                    await Task.Yield();
                return "fine";
            },
            events);
        await RunAsync(calls, () => _asked.Count == events);
        Assert.Equal(events, _asked.Count);
        Assert.All(_asked.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task FunctionsThatBlock_RunSideBySide()
    {
        using var both = new Barrier(2);
        IGroupCalls calls = AskedCalls.Of(
            new EnrichOptions(),
            (number, cancellation) =>
            {
                Assert.True(both.SignalAndWait(JobCluster.Patience, cancellation));
                _asked[number] = 1;
                return Task.FromResult("fine");
            },
            events: 2);
        await RunAsync(calls, () => _asked.Count == 2);
        Assert.Equal(2, _asked.Count);
    }

    private static async Task RunAsync(IGroupCalls calls, Func<bool> isDone)
    {
        using var woken = new SemaphoreSlim(0);
        var group = new GroupCalls(calls, TimeProvider.System, () => woken.Release());
        group.Begin();
        while (!isDone() && await woken.WaitAsync(JobCluster.Patience))
        {
            group.TakeFinished();
            group.Begin();
        }

        group.Close();
    }
}

namespace Weir.Grains.Tests.Diagnostics;

using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Weir.Engine.Time;
using Weir.Grains.Diagnostics;
using Weir.Grains.Tests.Logs;

/// <summary>What is counted of stages that come and go.</summary>
public sealed class StageMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualTime _time = new();
    private readonly StageMetrics _metrics;
    private readonly Measured _measured;

    public StageMetricsTests()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        _metrics = new StageMetrics(meters, _time);
        _measured = new Measured(meters);
    }

    public void Dispose()
    {
        _measured.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void Counters_LeaveOutWhatWasCountedElsewhere_AndNeverFall()
    {
        var first = new FakeStage { EventsIn = 100, LateEvents = 7 };
        _metrics.Enter(new StageName("job", "sum"), first);
        Assert.Equal(0, _measured["weir.operator.events.in operator=sum"]);
        first.EventsIn = 130;
        first.LateEvents = 9;
        first.EventsOut = 12;
        first.Blocked = TimeSpan.FromSeconds(1.5);
        Assert.Equal(30, _measured["weir.operator.events.in operator=sum"]);

        _metrics.Leave(first);
        _metrics.Leave(first);
        Assert.Equal(30, _measured["weir.operator.events.in operator=sum"]);
        var again = new FakeStage { EventsIn = 130, LateEvents = 9 };
        _metrics.Enter(new StageName("job", "sum"), again);
        again.EventsIn = 131;
        again.EventsOut = 1;
        again.Blocked = TimeSpan.FromSeconds(0.5);

        Assert.Equal(31, _measured["weir.operator.events.in operator=sum"]);
        Assert.Equal(13, _measured["weir.operator.events.out operator=sum"]);
        Assert.Equal(2, _measured["weir.operator.events.late operator=sum"]);
        Assert.Equal(2, _measured["weir.operator.blocked.time operator=sum"]);
    }

    [Fact]
    public void Gauges_AreOfWhatRuns_AndTheLowestWatermarkCounts()
    {
        var behind = new FakeStage { Keys = 3, Watermark = EventTime.From(_time.GetUtcNow() - TimeSpan.FromSeconds(9)) };
        var ahead = new FakeStage { Keys = 4, Watermark = EventTime.MaxValue };
        _metrics.Enter(new StageName("job", "sum"), behind);
        _metrics.Enter(new StageName("job", "sum"), ahead);
        _metrics.Enter(new StageName("job", "join"), new FakeStage { Keys = 5 });

        Assert.Equal(2, _measured["weir.operator.instances operator=sum"]);
        Assert.Equal(7, _measured["weir.operator.keys operator=sum"]);
        Assert.Equal(9, _measured["weir.operator.watermark.lag operator=sum"]);
        Assert.Null(_measured["weir.operator.watermark operator=join"]);
        Assert.Equal(12, _measured["weir.silo.keys"]);

        _metrics.Leave(behind);
        Assert.Equal(1, _measured["weir.operator.instances operator=sum"]);
        Assert.Null(_measured["weir.operator.watermark.lag operator=sum"]);
        Assert.Equal(2, _measured["weir.silo.instances"]);
    }

    private sealed class FakeStage : IMeteredStage
    {
        public long EventsIn { get; set; }

        public long EventsOut { get; set; }

        public long LateEvents { get; set; }

        public int Keys { get; set; }

        public EventTime Watermark { get; set; } = EventTime.MinValue;

        public TimeSpan Blocked { get; set; }
    }
}

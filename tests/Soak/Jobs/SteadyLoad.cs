namespace Weir.Soak.Jobs;

using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using Weir.Engine.Windows;

/// <summary>A value that a device measured.</summary>
public sealed record Reading(int Device, double Value, EventTime At);

/// <summary>A device has been quiet for a while: what it sent since it was last quiet.</summary>
public sealed record Quiet(int Device, long Readings);

/// <summary>
/// Windows and timers whose state comes and goes: devices send for some seconds and are quiet then, so a job that keeps
/// up holds as much at the end as at the beginning. Both outputs together count every reading twice.
/// </summary>
public sealed class SteadyLoad : StreamJob
{
    public const string JobName = "steady-load";
    public static readonly TimeSpan QuietAfter = TimeSpan.FromSeconds(10);
    public static readonly KeyedTopic<int, Reading> Readings =
        Topic.Of<Reading>("readings").KeyedBy(reading => reading.Device);

    public static readonly Topic<Windowed<int, long>> PerWindow = Topic.Of<Windowed<int, long>>("readings-per-window");
    public static readonly Topic<Quiet> QuietDevices = Topic.Of<Quiet>("quiet-devices");

    public override string Name => JobName;

    public override void Define(JobBuilder job)
    {
        ArgumentNullException.ThrowIfNull(job);
        KeyedStream<int, Reading> readings = job.From(Readings)
            .WithEventTime(reading => reading.At, Watermarks.Bounded(TimeSpan.FromSeconds(1)))
            .KeyBy(reading => reading.Device);
        readings.Window(Windows.Tumbling(TimeSpan.FromSeconds(5))).Aggregate("per-window", new Count<Reading>())
            .To(PerWindow);
        readings.Process("watch", new Watch()).To(QuietDevices);
    }

    private sealed class Watch : KeyedProcess<int, Reading, Quiet>
    {
        private static readonly ValueSlot<long> Sent = State.Value<long>("sent");

        public override void OnEvent(Reading value, IKeyContext<int, Quiet> key)
        {
            key.State(Sent).Value++;
            key.Timers.SetEventTime("quiet", value.At + QuietAfter);
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<int, Quiet> key)
        {
            key.Emit(new Quiet(key.Key, key.State(Sent).Value));
            key.State(Sent).Clear();
        }
    }
}

namespace Weir.Engine.Tests.Snapshots;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// A function that uses what there is: a value, state that expires, timers of both clocks with and without names. Key and
/// value of an event decide; the value 0 makes it forget the key.
/// </summary>
internal sealed class Tracked : KeyedProcess<string, Reading, string>
{
    private static readonly ValueSlot<long> Sum = State.Value<long>("sum");
    private static readonly MapSlot<long, long> Recent = State.Map<long, long>("recent").ExpiresAfter(Ms(40));
    private static readonly Topic<string> Out = Topic.Of<string>("out");

    public static readonly View<string, string> Last = new("last");

    public static JobPlan Plan(int partitions = 1, bool isShown = false)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(
            new TestJob(job =>
            {
                var process = From(job.KeyGroups(1)).KeyBy(each => each.Key).Process("op", new Tracked());
                if (isShown)
                    process.PublishAs(Last);
                process.To(Out);
            }),
            codecs);
        return new JobPlan(
            graph, codecs, new Dictionary<string, int> { [Input.Name] = partitions, [Out.Name] = 1 });
    }

    public static ReadOnlyMemory<byte> KeyBytes(string key)
    {
        var writer = new ByteWriter();
        writer.WriteString(key);
        return writer.ToArray();
    }

    public static void Send(JobPlan plan, GroupProgram group, string key, long at, long value = 1)
    {
        Slice<Reading> slice = New(plan);
        slice.Add(new Reading(key, at, value), T(at), 0);
        group.Apply(slice);
        slice.Release();
    }

    public static void Advance(JobPlan plan, GroupProgram group, EventTime watermark, EventTime clock)
    {
        Slice<Reading> slice = New(plan);
        slice.AddMark(watermark, clock, idle: false);
        group.Apply(slice);
        slice.Release();
    }

    public override void OnEvent(Reading value, IKeyContext<string, string> key)
    {
        if (value.Value == 0)
        {
            key.State(Sum).Clear();
            key.State(Recent).Clear();
            key.Timers.Cancel("soon");
            return;
        }

        key.State(Sum).Value += value.Value;
        key.Emit($"{key.Key} {key.State(Sum).Value}");
        if (value.Value % 2 == 0)
            key.State(Recent)[value.Value] = value.At;
        if (value.Value % 3 == 0)
            key.Timers.Register(T(value.At + value.Value), TimeDomain.Event);
        if (value.Value % 5 == 0)
            key.Timers.SetProcessingTime("soon", key.Clock.HasValue ? key.Clock.Plus(7) : T(7));
    }

    public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
    {
        key.Emit($"{key.Key} {timer.Name} {timer.Time}");
        if (timer.Time.Milliseconds % 2 == 0)
            key.State(Sum).Clear();
    }

    private static Slice<Reading> New(JobPlan plan) =>
        (Slice<Reading>)plan.Graph.Edges[0].NewSlice(new SliceTarget(0, 0, 0, 0), plan.Codecs);
}

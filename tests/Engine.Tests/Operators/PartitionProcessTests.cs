namespace Weir.Engine.Tests.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>Functions with state per partition of a source.</summary>
public sealed class PartitionProcessTests
{
    private static readonly Topic<Reading> Plain = Topic.Of<Reading>("plain");
    private static readonly Topic<Reading> Other = Topic.Of<Reading>("other");

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void State_IsOfThePartition(bool crash)
    {
        var run = new JobHarness(Numbering("numbers"), Runs.Options(crash, partitions: 2));
        run.SendTo(Plain, 0, new Reading("a", 1), new Reading("b", 2));
        run.SendTo(Plain, 1, new Reading("c", 1));
        run.SendTo(Plain, 0, new Reading("a", 3));
        Assert.Equal(
            ["plain/0 #1 a@1", "plain/0 #2 b@2", "plain/1 #1 c@1", "plain/0 #3 a@3, seen a at 1"],
            run.Read(Tables.Texts));
    }

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Results_KeepTheirTime_AndGoOnIntoWindows(bool crash, int partitions)
    {
        var job = new TestJob(job => From(job)
            .ProcessPartition("repeat", new Repeats())
            .KeyBy(each => each.Key).Window(Windows.Tumbling(Ms(10)))
            .Aggregate("sums", 0L, (sum, each) => sum + each.Value)
            .To(Tables.Results));
        var run = new JobHarness(job, Runs.Options(crash, partitions));
        Assert.Equal(
            [new Result(3, "a", 0, 10, 3 * 3), new Result(3, "b", 0, 10, 1), new Result(4, "a", 10, 20, 2 * 2)],
            Tables.Windows(
                run,
                new Reading("a", 9, 3), new Reading("b", 3, 1), new Reading("a", 12, 2), Row.Mark(9), Row.Mark(19)));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AUnion_HasStatePerSource(bool crash)
    {
        var job = new TestJob(job => job.From(Plain).Union(job.From(Other))
            .ProcessPartition("numbers", new Numbers())
            .To(Tables.Texts));
        var run = new JobHarness(job, Runs.Options(crash));
        run.Send(Plain, new Reading("a", 1));
        run.Send(Other, new Reading("a", 2));
        run.Send(Other, new Reading("b", 3));
        Assert.Equal(["plain/0 #1 a@1", "other/0 #1 a@2", "other/0 #2 b@3"], run.Read(Tables.Texts));
    }

    [Fact]
    public void AChangedJob_FindsStateByName_AndAnotherNameBeginsEmpty()
    {
        var first = new JobHarness(Numbering("numbers"));
        first.Send(Plain, new Reading("a", 1), new Reading("a", 2));
        byte[] snapshot = first.Snapshot();

        var grown = new JobHarness(new TestJob(job =>
        {
            DataStream<Reading> all = job.From(Plain).WithEventTime(each => T(each.At), Watermarks.None())
                .ProcessPartition("repeat", new Repeats());
            all.ProcessPartition("numbers", new Numbers()).To(Tables.Texts);
        }));
        grown.Restore(snapshot);
        grown.Send(Plain, new Reading("a", 3, 2));
        Assert.Equal(["plain/0 #3 a@3, seen a at 2", "plain/0 #4 a@3, seen a at 3"], grown.Read(Tables.Texts));

        var renamed = new JobHarness(Numbering("others"));
        renamed.Restore(snapshot);
        renamed.Send(Plain, new Reading("a", 3));
        Assert.Equal(["plain/0 #1 a@3"], renamed.Read(Tables.Texts));
    }

    [Fact]
    public void StateOfAnotherType_IsNotRead()
    {
        var first = new JobHarness(Counting(new Counts<long>()));
        first.Send(Plain, new Reading("a", 1));
        byte[] snapshot = first.Snapshot();
        var other = new JobHarness(Counting(new Counts<string>()));
        var fault = Assert.Throws<StateSchemaException>(() => other.Restore(snapshot));
        Assert.Contains("the operator 'counts' holds the state 'held'", fault.Message, StringComparison.Ordinal);
        var without = new JobHarness(Counting(new Counts<string>("renamed")));
        fault = Assert.Throws<StateSchemaException>(() => without.Restore(snapshot));
        Assert.Contains("its function has no such state", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFailure_NamesTopicPartitionAndOffset()
    {
        var run = new JobHarness(new TestJob(job => job.From(Plain)
            .ProcessPartition("strange", new UsesForeignSlot()).To(Tables.Texts)));
        run.Send(Plain, new Reading("a", 1, 0));
        var fault = Assert.Throws<SourceFailedException>(() => run.Send(Plain, new Reading("a", 1)));
        Assert.Equal(("plain", 0, 1L), (fault.Topic, fault.Partition, fault.Offset));
        Assert.Contains(
            "'count' is not among the slots of 'strange'", fault.Message, StringComparison.Ordinal);
    }

    private static TestJob Numbering(string name) => new(job => job.From(Plain)
        .WithEventTime(each => T(each.At), Watermarks.None())
        .ProcessPartition(name, new Numbers())
        .To(Tables.Texts));

    private static TestJob Counting<T>(Counts<T> function) =>
        new(job => job.From(Plain).ProcessPartition("counts", function).To(Tables.Texts));

    /// <summary>Numbers the events of a partition, and says when it saw the key last.</summary>
    private sealed class Numbers : PartitionProcess<Reading, string>
    {
        public static readonly ValueSlot<long> Count = State.Value<long>("count");
        private static readonly MapSlot<string, long> LastSeen = State.Map<string, long>("last-seen");

        public override void OnEvent(Reading value, IPartitionContext<string> partition)
        {
            string seen = partition.State(LastSeen).TryGet(value.Key, out long at) ? $", seen {value.Key} at {at}" : "";
            long number = ++partition.State(Count).Value;
            partition.State(LastSeen)[value.Key] = value.At;
            string time = partition.Time.HasValue ? $"{partition.Time.Milliseconds}" : $"{value.At}";
            partition.Emit($"{partition.Topic}/{partition.Partition} #{number} {value.Key}@{time}{seen}");
        }
    }

    /// <summary>Emits an event as often as its value says; nothing for zero.</summary>
    private sealed class Repeats : PartitionProcess<Reading, Reading>
    {
        private static readonly ListSlot<long> Values = State.List<long>("values");

        public override void OnEvent(Reading value, IPartitionContext<Reading> partition)
        {
            partition.State(Values).Add(value.Value);
            for (int i = 0; i < value.Value; i++)
                partition.Emit(value);
        }
    }

    private sealed class Counts<T>(string slot = "held") : PartitionProcess<Reading, string>
    {
        private readonly ValueSlot<T> _held = State.Value<T>(slot);

        public override IEnumerable<StateSlot> Slots => [_held];

        public override void OnEvent(Reading value, IPartitionContext<string> partition)
        {
            partition.Emit(partition.State(_held).HasValue ? "something" : "nothing");
            partition.State(_held).Value = (T)Convert.ChangeType(value.Value, typeof(T), null);
        }
    }

    private sealed class UsesForeignSlot : PartitionProcess<Reading, string>
    {
        public override void OnEvent(Reading value, IPartitionContext<string> partition)
        {
            if (value.Value > 0)
                partition.State(Numbers.Count).Value++;
        }
    }
}

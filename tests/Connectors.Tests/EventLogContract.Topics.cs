namespace Weir.Connectors.Tests;

using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>Topics: creating, listing, sealing, deleting.</summary>
public abstract partial class EventLogContract
{
    [ContractFact]
    public async Task Create_returns_the_topic_and_find_knows_it()
    {
        var retention = new RetentionPolicy { Age = TimeSpan.FromDays(3), BytesPerPartition = 1000 };
        TopicInfo created = await CreateAsync("a.b_c-9", 3, retention);

        await ReopenAsync();

        Assert.Equal(created, await Log.FindTopicAsync("a.b_c-9"));
        Assert.Equal((3, retention, false), (created.Partitions, created.Spec.Retention, created.IsSealed));
        Assert.Null(await Log.FindTopicAsync("other"));
    }

    [ContractFact]
    public async Task Create_again_is_harmless_and_a_different_one_conflicts()
    {
        await AppendAsync(P0, Events.Batch("a"));
        TopicInfo again = await CreateAsync("topic", 2);

        Assert.Equal("topic", again.Name);
        Assert.Equal(["[0,1) a"], await ReadAllAsync(P0));
        await AssertFailsAsync(EventLogError.TopicConflict, () => CreateAsync("topic", 3));
        await AssertFailsAsync(EventLogError.TopicConflict, () => Log.CreateTopicAsync(
            new TopicSpec { Name = "topic", Partitions = 2, Schema = "Other:1" }));
    }

    [ContractTheory]
    [InlineData("", 1)]
    [InlineData("a b", 1)]
    [InlineData("a/b", 1)]
    [InlineData("ä", 1)]
    [InlineData("good", 0)]
    [InlineData("good", 1025)]
    public async Task Create_refuses_bad_names_and_counts(string name, int partitions)
    {
        await AssertFailsAsync(EventLogError.InvalidRequest, () => CreateAsync(name, partitions));
        await AssertFailsAsync(EventLogError.InvalidRequest, () => CreateAsync(new string('x', 201), 1));
    }

    [ContractFact]
    public async Task List_is_ordered_by_name()
    {
        await CreateAsync("b", 1);
        await CreateAsync("B", 1);
        await CreateAsync("a", 1024);

        Assert.Equal(["B", "a", "b", "topic"], (await Log.ListTopicsAsync()).Select(topic => topic.Name));
    }

    [ContractFact]
    public async Task Unknown_topics_and_partitions_are_refused_everywhere()
    {
        foreach (TopicPartition unknown in new[] { new TopicPartition("no", 0), new("topic", 2), new("topic", -1) })
        {
            await AssertFailsAsync(EventLogError.UnknownTopic, () => AppendAsync(unknown, Events.Tick()));
            await AssertFailsAsync(EventLogError.UnknownTopic, () => Log.ReadAsync(unknown, 0, ReadLimits.Default));
            await AssertFailsAsync(EventLogError.UnknownTopic, () => Log.DescribeAsync(unknown));
            await AssertFailsAsync(EventLogError.UnknownTopic, () => Log.LastSequenceAsync("p", unknown));
            await AssertFailsAsync(EventLogError.UnknownTopic, () => Log.PinAsync("pin", unknown, 0));
            await AssertFailsAsync(EventLogError.UnknownTopic, () => Log.TruncateAsync(unknown, 0));
        }
        await AssertFailsAsync(EventLogError.UnknownTopic, () => Log.SealAsync("no"));
    }

    [ContractFact]
    public async Task Delete_removes_everything_and_a_new_topic_of_the_name_is_empty()
    {
        await SendAsync("p", 0, Events.Batch("a", "b"));
        await Log.PinAsync("pin", P0, 0);

        await Log.DeleteTopicAsync("topic");
        await Log.DeleteTopicAsync("topic");
        Assert.Null(await Log.FindTopicAsync("topic"));
        await CreateAsync("topic", 2);
        await ReopenAsync();

        Assert.Equal(new PartitionInfo(0, 0, EventTime.None, 0, false), await Log.DescribeAsync(P0));
        Assert.Empty(await ReadAllAsync(P0));
        Assert.Null(await Log.LastSequenceAsync("p", P0));
        Assert.Equal(0, (await SendAsync("p", 0, Events.Batch("c"))).From);
        await Log.TruncateAsync(P0, 1);
        Assert.Equal(1, (await Log.DescribeAsync(P0)).First);
    }

    [ContractFact]
    public async Task Seal_ends_every_partition_once_and_refuses_what_is_new()
    {
        await SendAsync("p", 0, Events.Batch("a", "b"));

        await Log.SealAsync("topic");
        await Log.SealAsync("topic");
        await ReopenAsync();
        await Log.SealAsync("topic");

        Assert.Equal(["[0,2) a b", "[2,3) End"], await ReadAllAsync(P0));
        Assert.Equal(["[0,1) End"], await ReadAllAsync(P1));
        Assert.True((await Log.FindTopicAsync("topic"))!.IsSealed);
        Assert.True((await Log.DescribeAsync(P0)).IsSealed);
        await AssertFailsAsync(EventLogError.Sealed, () => AppendAsync(P0, Events.Tick()));
        await AssertFailsAsync(EventLogError.Sealed, () => SendAsync("p", 2, Events.Batch("c")));
        await AssertFailsAsync(EventLogError.Sealed, () => SendAsync("p", 1, Events.Batch("b", "c")));
    }

    [ContractFact]
    public async Task Seal_still_answers_the_retry_of_what_is_stored()
    {
        AppendResult first = await SendAsync("p", 0, Events.Batch("a", "b"));
        await Log.SealAsync("topic");

        AppendResult retry = await SendAsync("p", 0, Events.Batch("a", "b"));

        Assert.Equal(first with { WasDuplicate = true }, retry);
    }
}

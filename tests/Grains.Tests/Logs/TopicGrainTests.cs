namespace Weir.Grains.Tests.Logs;

using Weir.Contracts;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;
using Weir.Grains.Streams;
using Weir.Grains.Tests.Streams;

/// <summary>Topics and partitions as clients see them.</summary>
public sealed class TopicGrainTests : IAsyncLifetime
{
    private TestCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync();
        await _cluster.CreateAsync(TestTopics.Keyed, 4);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_topic_is_created_once_and_described()
    {
        ITopicGrain topic = _cluster.Topic("plain");
        Assert.Null(await topic.DescribeAsync());

        await topic.CreateAsync(new TopicDefinition { Schema = TestTopics.Plain.Schema });
        await topic.CreateAsync(new TopicDefinition { Schema = TestTopics.Plain.Schema, Partitions = 4 });
        await _cluster.AppendAsync("plain", 2, 0, 5);

        TopicDescription description = (await topic.DescribeAsync())!;
        Assert.Equal("Reading:1", description.Schema);
        Assert.False(description.IsSealed);
        Assert.Equal([0L, 0L, 5L, 0L], description.Partitions.Select(partition => partition.Next));
    }

    [Fact]
    public async Task Requests_that_cannot_be_met_say_why()
    {
        ITopicGrain topic = _cluster.Topic("keyed");
        await AssertFailsAsync(WeirError.TopicConflict, () => topic.CreateAsync(
            new TopicDefinition { Schema = TestTopics.Keyed.Schema, Partitions = 5 }));
        await AssertFailsAsync(WeirError.InvalidRequest, () => _cluster.Topic("No Name").CreateAsync(
            new TopicDefinition { Schema = "X:1" }));
        await AssertFailsAsync(WeirError.UnknownTopic, () => _cluster.AppendAsync("none", 0, 0, 1));
        await AssertFailsAsync(WeirError.UnknownTopic, () => _cluster.AppendAsync("keyed", 4, 0, 1));
        await AssertFailsAsync(WeirError.UnknownTopic, () => _cluster.Partition("none", 0).LeaseTicksAsync());
        await AssertFailsAsync(WeirError.InvalidRequest, () =>
            _cluster.Partition("keyed", 0).AppendAsync(new WireAppend { Batches = [] }));
        await AssertFailsAsync(WeirError.SequenceGap, () => _cluster.Partition("keyed", 0).AppendAsync(
            new WireAppend { Producer = "p", Sequence = 7, Batches = [TestTopics.Batch(1)] }));
        await AssertFailsAsync(WeirError.UnknownTopic, () =>
            topic.ReadAsync(new ReadRequest { Partition = 9, From = 0 }));
        await AssertFailsAsync(WeirError.InvalidRequest, () =>
            topic.ReadAsync(new ReadRequest { Partition = 0, From = 99 }));
        await AssertFailsAsync(WeirError.InvalidRequest, () => _cluster.Streams
            .GetStream<Reading>(StreamId.Create("keyed", "x")).OnNextAsync(new Reading("a", 1)));
        WeirException wrong = await AssertFailsAsync(WeirError.InvalidRequest, () => _cluster.Streams
            .GetStream<Other>(WeirStreams.IdOf("keyed", 0)).OnNextAsync(new Other("a")));
        Assert.Equal(
            "Topic 'keyed' has events of Reading:1, not of Other: use the event type of the topic.", wrong.Message);

        await topic.SealAsync();
        await AssertFailsAsync(WeirError.TopicSealed, () => _cluster.AppendAsync("keyed", 0, 0, 1));
    }

    [Fact]
    public async Task A_producer_appends_each_sequence_once()
    {
        IAppendGrain partition = _cluster.Partition("keyed", 0);
        var append = new WireAppend { Producer = "p", Batches = [TestTopics.Batch(1, 2, 3)] };

        WireReceipt first = await partition.AppendAsync(append);
        WireReceipt again = await partition.AppendAsync(append);

        Assert.Equal(new WireReceipt("keyed", 0, 0, 3, false), first);
        Assert.Equal(new WireReceipt("keyed", 0, 0, 3, true), again);
        Assert.Equal(2, await partition.LastSequenceAsync("p"));
        Assert.Null(await partition.LastSequenceAsync("q"));
    }

    [Fact]
    public async Task A_reader_waits_for_the_next_append_but_not_at_the_end()
    {
        ITopicGrain topic = _cluster.Topic("keyed");
        Task<WireFetch> read = topic.ReadAsync(
            new ReadRequest { Partition = 1, From = 0, Wait = TimeSpan.FromSeconds(20) });
        await _cluster.AppendAsync("keyed", 1, 5, 8);

        WireFetch fetch = await read.WaitAsync(TimeSpan.FromSeconds(15));
        Assert.Equal((0L, 3L), (fetch.From, fetch.Next));

        await topic.SealAsync();
        Task<JsonFetch> readEnd = topic.ReadJsonAsync(
            new ReadRequest { Partition = 1, From = 4, Wait = TimeSpan.FromSeconds(20) });
        JsonFetch end = await readEnd.WaitAsync(TimeSpan.FromSeconds(15));
        Assert.True(end.IsEnd);
        Assert.Empty(end.Events);
    }

    [Fact]
    public async Task Events_are_sent_and_read_as_json()
    {
        ITopicGrain topic = _cluster.Topic("keyed");

        WireReceipt[] receipts = await topic.SendJsonAsync(
            ["""{"sensor":"a","value":1}""", """{"sensor":"b","value":2}""", """{"sensor":"a","value":3}"""]);

        int partition = TestTopics.Keyed.PartitionOf(new Reading("a", 0), 4, new Engine.Codecs.CodecRegistry())!.Value;
        WireReceipt receipt = Assert.Single(receipts, receipt => receipt.Partition == partition);
        JsonFetch fetch = await topic.ReadJsonAsync(new ReadRequest { Partition = partition, From = receipt.Next - 1 });
        Assert.Equal("""{"sensor":"a","value":3}""", Assert.Single(fetch.Events).Json);
        Assert.Equal(receipt.Next - 1, fetch.Events[0].Offset);
        Assert.False(fetch.IsEnd);
    }

    [Fact]
    public async Task Json_that_is_no_event_is_refused_and_nothing_is_stored()
    {
        ITopicGrain topic = _cluster.Topic("keyed");

        WeirException wrong = await AssertFailsAsync(WeirError.InvalidValue, () =>
            topic.SendJsonAsync(["""{"sensor":"a","value":1}""", """{"sensor":"a"}"""]));

        Assert.StartsWith("Event 1 is not an event of topic 'keyed' (Reading:1), so none was stored", wrong.Message);
        wrong = await AssertFailsAsync(WeirError.InvalidValue, () =>
            topic.SendJsonAsync(["""{"sensor":"a","value":"x"}"""]));
        Assert.Equal(
            "It is not an event of topic 'keyed' (Reading:1) and was not stored: The JSON value could not be converted to "
            + "Weir.Grains.Tests.Streams.Reading. It stands at $.value.",
            wrong.Message);
        Assert.All((await topic.DescribeAsync())!.Partitions, partition => Assert.Equal(0, partition.Next));
        await _cluster.Topic("foreign").CreateAsync(new TopicDefinition { Schema = "X:1" });
        WeirException unknown = await AssertFailsAsync(WeirError.InvalidRequest, () =>
            _cluster.Topic("foreign").ReadJsonAsync(new ReadRequest { Partition = 0, From = 0 }));
        Assert.Equal(
            "No silo job declares topic 'foreign', so its events can not be written or shown as JSON.", unknown.Message);
        WeirException missing = await AssertFailsAsync(WeirError.UnknownTopic, () =>
            _cluster.Topic("nowhere").SendJsonAsync(["""{"sensor":"a","value":1}"""]));
        Assert.Equal("There is no topic 'nowhere'; create it, or start a job that uses it.", missing.Message);
    }

    private static async Task<WeirException> AssertFailsAsync(WeirError error, Func<Task> request)
    {
        WeirException failure = await Assert.ThrowsAsync<WeirException>(request);
        Assert.Equal(error, failure.Error);
        return failure;
    }
}

namespace Weir.Grains.Tests.Checkpoints;

using Weir.Client;
using Weir.Engine.Streams;
using Weir.Grains.Tests.Jobs;

/// <summary>Output of one checkpoint that is more than a log takes in one append.</summary>
public sealed class LargeOutputTests : IDisposable
{
    private const int Letters = 100_000;
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-output-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(250)]
    public async Task ItIsAppendedInParts(int eventsPerBatch)
    {
        // The only checkpoint is the one at the end of the input.
        await using JobCluster cluster = await JobCluster.StartAsync(
            _directory,
            configure: options => options.CheckpointInterval = TimeSpan.FromHours(1),
            parts: new JobClusterParts { Jobs = [typeof(Posters)] });
        await cluster.Client.CreateTopicAsync(Posters.Orders, new TopicOptions { Partitions = 1 });
        await using (Producer<int> producer = cluster.Client.CreateProducer(Posters.Orders))
        {
            foreach (int[] batch in Enumerable.Range(0, 250).Chunk(eventsPerBatch))
                await producer.SendBatchAsync(batch);
        }

        await cluster.Client.SealAsync(Posters.Orders);
        await cluster.Client.StartJobAsync("posters");
        await cluster.FinishedAsync("posters");
        List<string> printed = await cluster.ReadAllAsync(Posters.Printed);
        Assert.Equal(Enumerable.Range(0, 250).Select(order => LetterOf(order)), printed.Select(poster => poster[0]));
        Assert.All(printed, poster => Assert.Equal(Letters, poster.Length));
    }

    private static char LetterOf(int order) => (char)('a' + (order % 26));

    public sealed class Posters : StreamJob
    {
        public static readonly Topic<int> Orders = Topic.Of<int>("poster-orders");
        public static readonly Topic<string> Printed = Topic.Of<string>("posters");

        public override void Define(JobBuilder job) => job
            .From(Orders)
            .Select(order => new string(LetterOf(order), Letters))
            .To(Printed);
    }
}

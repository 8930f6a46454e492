namespace Weir.Grains.Jobs;

using Orleans.Concurrency;
using Weir.Contracts.Jobs;
using Weir.Contracts.Topics;
using Weir.Grains.Hosting;
using Weir.Protocol.Logs;

/// <summary>Lists topics and jobs; it keeps nothing, the log and the jobs themselves know.</summary>
[GrainType("weircatalog")]
[StatelessWorker]
internal sealed class CatalogGrain(IEventLog log, JobRegistry jobs) : Grain, ICatalogGrain
{
    public async Task<TopicDescription[]> ListTopicsAsync()
    {
        IReadOnlyList<TopicInfo> topics = await log.ListTopicsAsync();
        TopicDescription?[] all = await Task.WhenAll(
            topics.Select(topic => GrainFactory.GetGrain<ITopicGrain>($"t:{topic.Name}").DescribeAsync()));
        return [.. all.OfType<TopicDescription>()];
    }

    public Task<JobStatus[]> ListJobsAsync() => Task.WhenAll(
        jobs.Jobs.Select(job => GrainFactory.GetGrain<IJobGrain>($"j:{job.Name}").DescribeAsync()));
}

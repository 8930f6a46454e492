namespace Weir.Grains.Jobs;

using Orleans.Concurrency;
using Weir.Contracts.Jobs;
using Weir.Contracts.Topics;
using Weir.Grains.Hosting;
using Weir.Grains.Logs;
using Weir.Protocol.Logs;

/// <summary>Lists topics and jobs; it keeps nothing, the log and the jobs themselves know.</summary>
[GrainType("weircatalog")]
[StatelessWorker]
internal sealed class CatalogGrain(IEventLog log, JobRegistry jobs) : Grain, ICatalogGrain
{
    public async Task<TopicDescription[]> ListTopicsAsync()
    {
        IReadOnlyList<TopicInfo> topics = await LogFailures.ToWeirAsync(() => log.ListTopicsAsync());
        TopicDescription?[] all = await Task.WhenAll(
            topics.Select(topic => GrainFactory.GetGrain<ITopicGrain>($"t:{topic.Name}").DescribeAsync()));
        return [.. all.OfType<TopicDescription>()];
    }

    public async Task<JobStatus[]> ListJobsAsync()
    {
        JobStatus[][] all = await Task.WhenAll(jobs.Jobs.Select(async job =>
        {
            IJobGrain grain = GrainFactory.GetGrain<IJobGrain>($"j:{job.Name}");
            string[] forks = await grain.ListForksAsync();
            return await Task.WhenAll(forks
                .Select(fork => GrainFactory.GetGrain<IJobGrain>($"j:{fork}"))
                .Prepend(grain)
                .Select(each => each.DescribeAsync()));
        }));
        return [.. all.SelectMany(each => each).OrderBy(each => each.Name, StringComparer.Ordinal)];
    }
}

namespace Weir.Grains.Views;

using System.Globalization;
using Orleans.Concurrency;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;

/// <summary>A view of a job: which operator publishes it, and its keys in pages, group by group.</summary>
[GrainType("weirview")]
[StatelessWorker]
internal sealed class ViewGrain(JobRegistry jobs) : Grain, IViewGrain
{
    private const int MaxPage = 10_000;

    public Task<ViewDescription> DescribeAsync()
    {
        (HostedJob job, int index) = Locate();
        Engine.Streams.View view = job.KeyPlan.ViewOf(index)!;
        bool answersByGroup = job.KeyPlan.HashesWholeKeys(index) && !job.KeyPlan.HasOneGrainPerKey(index);
        return Task.FromResult(
            new ViewDescription(job.KeyPlan.OperatorNames[index], view.KeyType.Name, view.ValueType.Name)
            {
                OperatorIndex = index,
                Groups = answersByGroup ? job.KeyPlan.GroupCount : 0,
                KeySchema = job.Codecs.For(view.KeyType).Schema,
            });
    }

    public async Task<KeysPage> ListKeysAsync(string? from, int limit, ReadAt at)
    {
        if (limit is < 1 or > MaxPage)
            throw new WeirException(WeirError.InvalidRequest, $"A page has 1 to {MaxPage} keys, not {limit}.");
        (HostedJob job, int index) = Locate();
        (int group, long position) = Position(from);
        var keys = new List<string>();
        for (; group < job.Graph.GroupCount; group++, position = 0)
        {
            var address = new GroupAddress(job.Name, index, group);
            KeysPage page = await GrainFactory.GetGrain<IKeyGroupGrain>(address.ToString())
                .ListKeysAsync(position, limit - keys.Count, at);
            keys.AddRange(page.Keys);
            if (page.Next is { } next)
                return new KeysPage([.. keys], $"{group.ToString(CultureInfo.InvariantCulture)}:{next}");
            if (keys.Count == limit && group + 1 < job.Graph.GroupCount)
                return new KeysPage([.. keys], string.Create(CultureInfo.InvariantCulture, $"{group + 1}:0"));
        }

        return new KeysPage([.. keys], null);
    }

    private static (int Group, long Position) Position(string? from)
    {
        if (from is null)
            return (0, 0);
        string[] parts = from.Split(':');
        if (parts.Length == 2
            && int.TryParse(parts[0], CultureInfo.InvariantCulture, out int group)
            && group >= 0
            && long.TryParse(parts[1], CultureInfo.InvariantCulture, out long position))
            return (group, position);
        throw new WeirException(
            WeirError.InvalidRequest, $"'{from}' is not a place to go on from: give what the last page named.");
    }

    private (HostedJob Job, int Operator) Locate()
    {
        string[] parts = this.GetPrimaryKeyString().Split('/', 2);
        HostedJob job = jobs.Job(parts[0]);
        int index = parts.Length == 2 ? job.KeyPlan.OperatorOfView(parts[1]) : -1;
        if (index >= 0)
            return (job, index);
        string[] views = [.. Enumerable.Range(0, job.KeyPlan.OperatorNames.Count)
            .Select(each => job.KeyPlan.ViewOf(each)?.Name)
            .OfType<string>()];
        string known = views.Length > 0 ? $"it publishes: {string.Join(", ", views)}" : "it publishes none";
        throw new WeirException(
            WeirError.UnknownOperator, $"The job '{job.Name}' has no view '{parts.ElementAtOrDefault(1)}'; {known}.");
    }
}

namespace Weir.Client.Calls;

using System.Globalization;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Contracts.Topics;

/// <summary>The grains of Weir by what they stand for.</summary>
internal sealed class WeirGrains(IGrainFactory grains)
{
    public ICatalogGrain Catalog => Get<ICatalogGrain>("catalog");

    public ITopicGrain Topic(string topic) => Get<ITopicGrain>($"t:{topic}");

    public IAppendGrain Appender(string topic, int partition) => Get<IAppendGrain>($"t:{topic}/{partition}");

    public IJobGrain Job(string job) => Get<IJobGrain>($"j:{job}");

    public IArchiveGrain Archive(string job) => Get<IArchiveGrain>($"a:{job}");

    public IReplayGrain Replay(string job, string name) => Get<IReplayGrain>($"{job}/{name}");

    public IViewGrain View(string job, string view) => Get<IViewGrain>($"{job}/{view}");

    public IKeyGrain Key(string job, string operatorName, string key) => Get<IKeyGrain>($"{job}/{operatorName}/{key}");

    public IKeyGroupGrain Group(string job, int operatorIndex, int group) =>
        Get<IKeyGroupGrain>(string.Create(CultureInfo.InvariantCulture, $"{job}/{operatorIndex}/{group}"));

    public IStoredKeysGrain StoredKeys(string job, string operatorName) =>
        Get<IStoredKeysGrain>($"{job}/{operatorName}");

    private TGrain Get<TGrain>(string key)
        where TGrain : IGrainWithStringKey
    {
        try
        {
            return grains.GetGrain<TGrain>(key);
        }
        catch (ArgumentException unknown)
        {
            throw new WeirException(
                WeirError.InvalidRequest,
                "The Orleans cluster does not host Weir: none of its silos has called AddWeir.",
                unknown);
        }
    }
}

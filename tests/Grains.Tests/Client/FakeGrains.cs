namespace Weir.Grains.Tests.Client;

using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Weir.Client;
using Weir.Contracts.Topics;

/// <summary>Grains of one topic in memory, which lose answers and refuse as a test says. No silo, no network.</summary>
public class FakeGrains : DispatchProxy
{
    private FakePartition[] _partitions = [];
    private FakeTopic _topic = null!;

    public static (IWeirClient Client, FakePartition[] Partitions) Create(
        int partitions, TimeSpan? retryFor = null)
    {
        var factory = Create<IGrainFactory, FakeGrains>();
        var fake = (FakeGrains)(object)factory;
        fake._partitions = [.. Enumerable.Range(0, partitions).Select(number => new FakePartition(number))];
        fake._topic = new FakeTopic(fake._partitions);
        ServiceProvider services = new ServiceCollection()
            .AddSerializer()
            .AddSingleton(factory)
            .AddWeirClient(options => options.RetryFor = retryFor ?? TimeSpan.FromSeconds(30))
            .BuildServiceProvider();
        return (services.GetRequiredService<IWeirClient>(), fake._partitions);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        string key = (string)args![0]!;
        Type grain = targetMethod!.GetGenericArguments()[0];
        if (grain == typeof(ITopicGrain))
            return _topic;
        if (grain == typeof(IAppendGrain))
            return _partitions[int.Parse(key[(key.LastIndexOf('/') + 1)..])];
        throw new ArgumentException($"Could not find an implementation for interface {grain}");
    }
}

namespace Weir.Benchmarks.Peers.Contestants;

using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Weir.Engine.Time;

/// <summary>The grain of a key, for <see cref="OrleansGrains"/>.</summary>
public interface IKeySumGrain : IGrainWithIntegerKey
{
    Task AddAsync(long amount, long milliseconds);

    Task EndAsync();
}

/// <summary>Orleans as it is first tried: a grain per key, an awaited call per event, 512 of them at a time.</summary>
internal sealed class OrleansGrains : IContestant
{
    private const int InFlight = 512;
    private readonly ActorTally _tally = new();
    private readonly HashSet<long> _keys = [];
    private IHost? _host;

    public async Task PrepareAsync(Workload workload, Reading[] readings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        (int silo, int gateway) = FreePorts.Take();
        builder.Services.AddSingleton(_tally);
        builder.UseOrleans(orleans => orleans.UseLocalhostClustering(silo, gateway));
        _host = builder.Build();
        await _host.StartAsync();
    }

    public async Task RunAsync(Reading[] readings)
    {
        var grains = _host!.Services.GetRequiredService<IGrainFactory>();
        var calls = new Task[InFlight];
        for (int from = 0; from < readings.Length; from += InFlight)
        {
            int count = Math.Min(InFlight, readings.Length - from);
            for (int i = 0; i < count; i++)
            {
                Reading reading = readings[from + i];
                _keys.Add(reading.Key);
                calls[i] = grains.GetGrain<IKeySumGrain>(reading.Key)
                    .AddAsync(reading.Amount, reading.At.Milliseconds);
            }

            for (int i = 0; i < count; i++)
                await calls[i];
        }

        foreach (long[] keys in _keys.Chunk(InFlight))
        {
            for (int i = 0; i < keys.Length; i++)
                calls[i] = grains.GetGrain<IKeySumGrain>(keys[i]).EndAsync();
            for (int i = 0; i < keys.Length; i++)
                await calls[i];
        }
    }

    public Task<Sums> SumsAsync() => Task.FromResult(_tally.Sums);
}

/// <summary>Holds the sum of its key; a message is its two numbers, so that nothing else is copied.</summary>
internal sealed class KeySumGrain : Grain, IKeySumGrain
{
    private KeySum _sum;

    public KeySumGrain(ActorTally tally) => _sum = new KeySum(this.GetPrimaryKeyLong(), tally);

    public Task AddAsync(long amount, long milliseconds)
    {
        _sum.Add(new Reading(this.GetPrimaryKeyLong(), amount, new EventTime(milliseconds)));
        return Task.CompletedTask;
    }

    public Task EndAsync()
    {
        _sum.End();
        return Task.CompletedTask;
    }
}

/// <summary>Two ports of the loopback address that nobody uses now.</summary>
internal static class FreePorts
{
    public static (int Silo, int Gateway) Take()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }
}

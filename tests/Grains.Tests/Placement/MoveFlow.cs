namespace Weir.Grains.Tests.Placement;

using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;
using Weir.Grains.Exchange;
using Weir.Grains.Placement;
using Weir.Grains.Streams;
using Weir.Grains.Tests.Jobs;

/// <summary>
/// <see cref="CountedMoves"/> on silos that come and go, with a click of every user every few milliseconds.
/// </summary>
internal sealed class MoveFlow : IAsyncDisposable
{
    public const int Users = 60;
    private const string Job = "counted-moves";
    private string _elsewhere = "nothing was asked";
    private readonly CancellationTokenSource _stop = new();
    private readonly JobCluster _cluster;
    private Task<int> _sending = Task.FromResult(0);

    private MoveFlow(JobCluster cluster) => _cluster = cluster;

    public IWeirClient Client => _cluster.Outsider;

    public JobCluster Cluster => _cluster;

    public static string[] Names { get; } = [.. Enumerable.Range(0, Users).Select(user => $"user{user}")];

    public static async Task<MoveFlow> StartAsync(string directory, short silos)
    {
        var flow = new MoveFlow(await JobCluster.StartAsync(
            directory,
            silos,
            options => options.MoveDelay = TimeSpan.FromMilliseconds(200),
            new JobClusterParts { Jobs = [typeof(CountedMoves)] }));
        await flow.Client.StartJobAsync(Job);
        flow._sending = Task.Run(flow.SendAsync);
        await flow.UntilAsync(status => status.Operators.Sum(each => each.Events) > Users * 3
            && status.Checkpoints?.Last is not null);
        return flow;
    }

    /// <summary>Waits until the job runs in a later epoch with everything where it belongs, and has new results.</summary>
    public async Task<JobStatus> MovedAsync(long epoch, int silos)
    {
        await UntilAsync(status => status.State == JobState.Running && status.Epoch > epoch
            && Layout.Current.Silos.Count == silos);
        using var late = new CancellationTokenSource(JobCluster.Patience);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            JobStatus status = await Client.DescribeJobAsync(Job);
            bool isApplying = status.Operators.Sum(each => each.Events) > 0;
            if (isApplying && await AreAllAtHomeAsync(status.Epoch))
                return status;
            if (late.IsCancellationRequested)
                Assert.Fail($"Epoch {status.Epoch} is {status.State}: {_elsewhere}");
            await pace.WaitForNextTickAsync();
        }
    }

    public Task<JobStatus> StatusAsync() => Client.DescribeJobAsync(Job);

    public async Task UntilAsync(Func<JobStatus, bool> until) =>
        await Client.WaitForJobAsync(Job, until).WaitAsync(JobCluster.Patience);

    /// <summary>The silo that a place belongs to.</summary>
    public int SiloOf(Place place)
    {
        SiloAddress owner = Layout.Current.OwnerOf(place)!;
        return _cluster.Silos.Silos.ToList().FindIndex(silo => silo.SiloAddress.Equals(owner));
    }

    public static Place PlaceOf(string what) => what switch
    {
        "job" => Place.Alone($"j:{Job}"),
        "group" => new Place($"{Job}/0", 0, 64),
        _ => Place.OfSlot(WeirStreams.SlotOf(CountedMoves.Clicks.Name, 0, 8), 8),
    };

    /// <summary>Ends the input and compares everything that came out with what was sent.</summary>
    public async Task FinishAsync()
    {
        await _stop.CancelAsync();
        int rounds = await _sending;
        await Client.SealAsync(CountedMoves.Clicks);
        await Client.WaitForJobAsync(Job, JobState.Finished).WaitAsync(JobCluster.Patience);
        var numbers = new Dictionary<string, List<long>>();
        await foreach (TopicEvent<CountedMoves.Number> each in Client.ReadAsync(CountedMoves.Numbers))
        {
            if (!numbers.TryGetValue(each.Value.User, out List<long>? list))
                numbers.Add(each.Value.User, list = []);
            list.Add(each.Value.Value);
        }

        Assert.Equal(Users, numbers.Count);
        Assert.All(numbers.Values, list => Assert.Equal(
            Enumerable.Range(1, rounds).Select(value => (long)value), list.Order()));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _cluster.DisposeAsync();
    }

    private SiloLayout Layout => _cluster.Silos.Silos[0].ServiceProvider.GetRequiredService<SiloLayout>();

    private async Task<bool> AreAllAtHomeAsync(long epoch)
    {
        for (int group = 0; group < 64; group++)
        {
            IKeyGroupGrain grain =
                _cluster.Orleans.GetGrain<IKeyGroupGrain>(new GroupAddress(Job, 0, group).ToString());
            GroupLocation location = await grain.LocateAsync(epoch);
            if (location.Silo is null || !location.Silo.Equals(Layout.Current.OwnerOf(new Place($"{Job}/0", group, 64))))
            {
                _elsewhere = $"group {group} is at {location.Silo}, not at "
                    + Layout.Current.OwnerOf(new Place($"{Job}/0", group, 64));
                return false;
            }
        }

        return true;
    }

    private async Task<int> SendAsync()
    {
        int round = 0;
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(3));
        while (!_stop.IsCancellationRequested)
        {
            Click[] clicks =
            [
                .. Names.Select(user => new Click(
                    (round % 17).ToString(CultureInfo.InvariantCulture), user, new EventTime(round))),
            ];
            await Client.SendAsync(CountedMoves.Clicks, clicks);
            round++;
            await pace.WaitForNextTickAsync();
        }

        return round;
    }
}

namespace Weir.Soak.Flows;

using System.Diagnostics;
using System.Globalization;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Soak.Jobs;

/// <summary>
/// Sends a visit of every user again and again to <see cref="CountVisits"/>, through whatever happens. Invariant: a
/// producer that fails is replaced by one of the same name, which goes on behind what is stored, so each visit is stored
/// once.
/// </summary>
internal sealed class VisitFlow : IAsyncDisposable
{
    public const int Users = 60;
    private const int Partitions = 4;
    private const int Pages = 17;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);
    private readonly IWeirClient _client;
    private readonly Func<Visit, int> _partitionOf = CountVisits.Visits.Partitioner(Partitions, new CodecRegistry());
    private readonly List<Visit>[] _planned = [.. Enumerable.Range(0, Partitions).Select(_ => new List<Visit>())];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private Producer<Visit> _producer;
    private Task _sending = Task.CompletedTask;
    private long _longest;

    private VisitFlow(IWeirClient client)
    {
        _client = client;
        _producer = NewProducer();
    }

    public static string[] Names { get; } = [.. Enumerable.Range(0, Users).Select(user => $"user{user}")];

    /// <summary>How many visits of each user were sent.</summary>
    public int Rounds { get; private set; }

    /// <summary>How often a producer had to be replaced, and the last reason.</summary>
    public (int Times, string? Reason) Replaced { get; private set; }

    /// <summary>How long a round took at most until it was stored, since this was last asked.</summary>
    public TimeSpan TakeLongest() => TimeSpan.FromTicks(Interlocked.Exchange(ref _longest, 0));

    /// <summary>Starts the job, and to send; completes when a checkpoint has results.</summary>
    public static async Task<VisitFlow> StartAsync(IWeirClient client)
    {
        await client.CreateTopicAsync(CountVisits.Visits, new TopicOptions { Partitions = Partitions });
        await client.StartJobAsync(CountVisits.JobName);
        var flow = new VisitFlow(client);
        flow._sending = Task.Run(flow.SendAsync);
        await flow.GoesOnAsync(TimeSpan.FromSeconds(60));
        return flow;
    }

    public Task<JobStatus> DescribeAsync() => _client.DescribeJobAsync(CountVisits.JobName);

    /// <summary>Waits until a checkpoint has completed that began after this was called.</summary>
    public async Task<TimeSpan> GoesOnAsync(TimeSpan patience)
    {
        long begin = Stopwatch.GetTimestamp();
        DateTimeOffset now = DateTimeOffset.UtcNow;
        await Conditions.UntilAsync(
            async () => (await DescribeAsync()) is { State: JobState.Running } status
                && status.Checkpoints.Last?.TakenAt > now
                && status.Operators.Sum(each => each.Events) > 0,
            patience,
            "A new checkpoint");
        return Stopwatch.GetElapsedTime(begin);
    }

    /// <summary>Sends nothing more until <see cref="Resume"/>; completes when everything sent is stored.</summary>
    public Task PauseAsync() => _turn.WaitAsync();

    public void Resume() => _turn.Release();

    /// <summary>Waits until all that was sent has come out, and compares; sends nothing meanwhile.</summary>
    public async Task<VisitReport> CompareAsync(TimeSpan patience)
    {
        await PauseAsync().WaitAsync(patience);
        try
        {
            await Conditions.UntilAsync(IsAllOutAsync, patience, "The output of everything that was sent");
            return await VisitReport.CompareAsync(ReadAsync(), Rounds, Users);
        }
        finally
        {
            Resume();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _turn.Dispose();
    }

    private async Task<bool> IsAllOutAsync()
    {
        JobStatus status = await DescribeAsync();
        return status is { State: JobState.Running, Checkpoints.IsCurrent: true }
            && status.Sources.Length == Partitions
            && Array.TrueForAll(status.Sources, source => source.Next == source.End);
    }

    private async IAsyncEnumerable<VisitCount> ReadAsync()
    {
        await foreach (TopicEvent<VisitCount> each in _client.ReadAsync(CountVisits.Counts))
            yield return each.Value;
    }

    private async Task SendAsync()
    {
        using var pace = new PeriodicTimer(Step);
        while (await pace.WaitForNextTickAsync(_stop.Token))
        {
            await _turn.WaitAsync(_stop.Token);
            try
            {
                long begin = Stopwatch.GetTimestamp();
                await SendRoundAsync();
                _longest = Math.Max(_longest, Stopwatch.GetElapsedTime(begin).Ticks);
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    private async Task SendRoundAsync()
    {
        string page = (Rounds % Pages).ToString(CultureInfo.InvariantCulture);
        Visit[] round = [.. Names.Select(user => new Visit(page, user, Rounds))];
        Rounds++;
        foreach (Visit visit in round)
            _planned[_partitionOf(visit)].Add(visit);
        bool isStored = await TryAsync(async () =>
        {
            await _producer.SendBatchAsync(round);
            await _producer.FlushAsync();
        });
        while (!isStored)
        {
            _stop.Token.ThrowIfCancellationRequested();
            isStored = await TryAsync(SendRestAsync);
        }
    }

    private async Task SendRestAsync()
    {
        _producer = NewProducer();
        IReadOnlyList<long> stored = await _producer.StoredAsync();
        for (int partition = 0; partition < Partitions; partition++)
        {
            foreach (Visit visit in _planned[partition].Skip((int)stored[partition]))
                await _producer.SendAsync(visit);
        }

        await _producer.FlushAsync();
    }

    private async Task<bool> TryAsync(Func<Task> send)
    {
        try
        {
            await send();
            return true;
        }
        catch (WeirException away) when (away.Error == WeirError.Unavailable)
        {
            Replaced = (Replaced.Times + 1, away.Message);
            return false;
        }
    }

    private Producer<Visit> NewProducer() =>
        _client.CreateProducer(CountVisits.Visits, new ProducerOptions { Name = "visits" });
}

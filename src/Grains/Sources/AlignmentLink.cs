namespace Weir.Grains.Sources;

using Orleans.Runtime;
using Weir.Engine.Time;
using Weir.Protocol.Sources;

/// <summary>What a link asks of the source that it belongs to.</summary>
/// <param name="ReportAsync">Brings a report to the job and returns the limit; null: ask again.</param>
/// <param name="StopReadingAsync">Ends the subscription to the partition.</param>
/// <param name="ReadOnAsync">Subscribes from where the source stands.</param>
internal sealed record AlignmentCalls(
    Func<EventTime, bool, Task<EventTime?>> ReportAsync, Func<Task> StopReadingAsync, Func<Task> ReadOnAsync);

/// <summary>
/// Keeps a source partition in touch with its alignment: one report at a time, at least one a second, at most twenty.
/// Invariant: a source that has to wait takes no delivery. A delivery waits for a while only, because a call that is
/// not answered is made again; after that the source gives up its subscription and begins a new one when it may go on.
/// </summary>
/// <remarks>All of it runs in the turns of one grain, so nothing needs a lock.</remarks>
internal sealed class AlignmentLink(AlignmentGate gate, AlignmentCalls calls, TimeSpan patience) : IDisposable
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Regular = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _closed = new();
    private readonly SemaphoreSlim _news = new(0, 1);
    private TaskCompletionSource? _allowed;
    private bool _isSubscribed = true;

    /// <summary>Whether the source may read no batch now.</summary>
    public bool MustWait => gate.MustWait;

    /// <summary>Whether the source has given up its subscription; deliveries that still come are not read.</summary>
    public bool IsParked { get; private set; }

    /// <summary>Begins to report.</summary>
    public void Start() => RunAsync().Ignore();

    /// <summary>The source has read something.</summary>
    public void OnProgress()
    {
        if (gate.HasNews)
            Wake();
    }

    /// <summary>Completes when the source may read on; false if it must give up the delivery at hand.</summary>
    public async Task<bool> WhenAllowedAsync()
    {
        Wake();
        _allowed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _allowed.Task.WaitAsync(patience);
            return true;
        }
        catch (TimeoutException)
        {
            IsParked = true;
            Wake();
            return false;
        }
    }

    public void Dispose()
    {
        // Not disposed of: who waits on the token or the news may do so at this moment.
        _closed.Cancel();
        Release();
    }

    private async Task RunAsync()
    {
        TimeSpan pause = Shortest;
        try
        {
            while (await ReportAsync())
            {
                EventTime limit = gate.Limit;
                await Task.Delay(Shortest, _closed.Token);
                await _news.WaitAsync(gate.MustWait ? pause : Regular, _closed.Token);
                bool isNew = !gate.MustWait || gate.Limit != limit;
                pause = isNew ? Shortest : pause * 2 < Regular ? pause * 2 : Regular;
            }
        }
        catch (OperationCanceledException)
        {
            // The epoch was closed.
        }
    }

    /// <summary>Reports once and follows the answer; false when there is nothing to report any more.</summary>
    private async Task<bool> ReportAsync()
    {
        (EventTime watermark, bool counts) = gate.TakeReport();
        try
        {
            if (await calls.ReportAsync(watermark, counts) is not { } limit)
                return true;
            _closed.Token.ThrowIfCancellationRequested();
            gate.Allow(limit);
            if (!gate.MustWait)
                Release();
            await FollowAsync();
            return watermark != EventTime.MaxValue;
        }
        catch (Exception) when (!_closed.IsCancellationRequested)
        {
            // The next report says the same, and more.
            return true;
        }
    }

    /// <summary>Gives up the subscription of a source that is parked, or begins it again if it may go on.</summary>
    private async Task FollowAsync()
    {
        if (!IsParked)
            return;
        if (_isSubscribed)
        {
            await calls.StopReadingAsync();
            _isSubscribed = false;
        }

        _closed.Token.ThrowIfCancellationRequested();
        if (gate.MustWait)
            return;
        // Deliveries may begin before the call returns; if it fails, whatever it has begun is ended first.
        IsParked = false;
        _isSubscribed = true;
        try
        {
            await calls.ReadOnAsync();
        }
        catch
        {
            IsParked = true;
            throw;
        }
    }

    private void Wake()
    {
        if (_news.CurrentCount == 0)
            _news.Release();
    }

    private void Release()
    {
        _allowed?.TrySetResult();
        _allowed = null;
    }
}

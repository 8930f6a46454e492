namespace Weir.Benchmarks.Peers.Contestants;

/// <summary>
/// What actors report to, and what keeps their mailboxes bounded: a sender waits while more than so many messages are
/// not handled yet.
/// </summary>
internal sealed class ActorTally
{
    private const int InFlight = 100_000;
    private readonly Lock _gate = new();
    private Sums _sums;
    private long _sent;
    private long _handled;

    public Sums Sums => _sums;

    /// <summary>Before a message is sent. Waits for room, which is looked for once in 256 messages.</summary>
    public void Sending()
    {
        if ((++_sent & 255) == 0)
            SpinWait.SpinUntil(() => _sent - Interlocked.Read(ref _handled) < InFlight);
    }

    /// <summary>An actor has handled a message.</summary>
    public void Handled() => Interlocked.Increment(ref _handled);

    /// <summary>A window of a key has closed.</summary>
    public void Add(long key, long window, long sum)
    {
        lock (_gate)
            _sums.Add(key, window, sum);
    }

    /// <summary>Until everything that was sent is handled.</summary>
    public async Task WhenIdleAsync()
    {
        while (Interlocked.Read(ref _handled) < _sent)
            await Task.Delay(1);
    }
}

/// <summary>The sum of one key, as every actor holds it.</summary>
internal struct KeySum(long key, ActorTally tally)
{
    private long _window = -1;
    private long _sum;

    public void Add(in Reading reading)
    {
        long window = Workload.WindowOf(in reading);
        if (window != _window)
        {
            Close();
            _window = window;
        }

        _sum += reading.Amount;
        tally.Handled();
    }

    public void End()
    {
        Close();
        tally.Handled();
    }

    private void Close()
    {
        if (_window >= 0)
            tally.Add(key, _window, _sum);
        _sum = 0;
    }
}

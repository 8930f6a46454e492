namespace Weir.Simulation.World;

using Weir.Engine.Time;

/// <summary>A rule was broken.</summary>
public sealed class BrokenRuleException(string message) : Exception(message);

/// <summary>
/// Virtual time and everything that is going to happen in it, in one thread. Invariant: the same seed gives the same
/// run, to the last step.
/// </summary>
public sealed class SimWorld(ulong seed, TextWriter? trace)
{
    private readonly PriorityQueue<Action, (long At, long Order)> _queue = new();
    private long _order;

    public Chance Chance { get; } = new(seed);

    public long Now { get; private set; }

    public EventTime Time => new(Now);

    public long Steps { get; private set; }

    /// <summary>Until then things go wrong; after it everything works.</summary>
    public long FaultsUntil { get; set; }

    public Faults Faults { get; set; } = new();

    public bool Traces => trace is not null;

    /// <summary>How often each fault has happened, to see that a run of seeds exercises them.</summary>
    public SortedDictionary<string, int> Happened { get; } = new(StringComparer.Ordinal);

    public void Trace(string line) => trace?.WriteLine(FormattableString.Invariant($"{Now,6}  {line}"));

    public void After(long milliseconds, Action action) => _queue.Enqueue(action, (Now + milliseconds, _order++));

    public void At(long time, Action action) => _queue.Enqueue(action, (Math.Max(time, Now), _order++));

    /// <summary>Whether a fault happens here, while faults happen at all.</summary>
    public bool Fault(double probability, string what)
    {
        if (Now >= FaultsUntil || probability <= 0 || !Chance.Happens(probability))
            return false;
        Count(what);
        return true;
    }

    /// <summary>How long it takes until a failure is known: mostly not long.</summary>
    public long Patience() => Chance.Happens(0.3) ? Chance.Between(20, 250) : Delay();

    public void Count(string what) => Happened[what] = Happened.GetValueOrDefault(what) + 1;

    public long Delay(int most = 3) => Chance.Between(0, most);

    public void Require(bool holds, string rule)
    {
        if (!holds)
            throw new BrokenRuleException(FormattableString.Invariant($"at {Now} ms: {rule}"));
    }

    /// <summary>Runs until something holds, or until a time; true if it holds.</summary>
    public bool RunUntil(Func<bool> holds, long limit)
    {
        while (!holds())
        {
            if (!_queue.TryDequeue(out Action? action, out (long At, long Order) when) || when.At > limit)
                return false;
            Now = when.At;
            Steps++;
            action();
        }

        return true;
    }
}

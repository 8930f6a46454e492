namespace Weir.Grains.Placement;

using System.Collections.Concurrent;

/// <summary>What runs on this silo and would be interrupted if the silo went now.</summary>
internal sealed class SiloParticipants
{
    private readonly ConcurrentDictionary<object, Func<bool>> _running = new();

    /// <summary>Whether something runs that has not ended.</summary>
    public bool AreBusy => _running.Values.Any(isBusy => isBusy());

    /// <summary>Something begins to run.</summary>
    /// <param name="participant">It.</param>
    /// <param name="isBusy">Whether it has still something to do; asked from any thread.</param>
    public void Add(object participant, Func<bool> isBusy) => _running[participant] = isBusy;

    /// <summary>It runs no more.</summary>
    public void Remove(object participant) => _running.TryRemove(participant, out _);
}

namespace Weir.Grains.Placement;

using System.Diagnostics.CodeAnalysis;
using Orleans.Metadata;
using Orleans.Runtime;

/// <summary>
/// Which silos take part, as this silo knows: those that are active, host Weir and do not say that they leave. Invariant:
/// <see cref="Current"/> changes only when the set of silos does, and whoever waits for a change is told of the next.
/// </summary>
/// <remarks>Silos learn of each other at different times. What they do meanwhile may be out of place, never wrong: epochs
/// keep apart what stands twice, and a job whose layout has changed moves.</remarks>
[SuppressMessage(
    "Design",
    "CA1001:Types that own disposable fields should be disposable",
    Justification = "The token ends with the silo, and without a timer its source holds nothing.")]
internal sealed class SiloLayout(
    IClusterMembershipService membership, IClusterManifestProvider manifests, ILocalSiloDetails local)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly GrainType Source = GrainType.Create("weirsource");
    private readonly Lock _gate = new();
    private readonly HashSet<SiloAddress> _leaving = [];
    private readonly CancellationTokenSource _stop = new();
    private TaskCompletionSource _changed = NewSignal();
    private Layout _current = new(0, []);
    private volatile bool _isStopping;

    public SiloAddress Local => local.SiloAddress;

    public Layout Current => Volatile.Read(ref _current);

    /// <summary>Whether this silo is told to stop. What is lost on it from then on goes on elsewhere, or when it starts
    /// again.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Whether a silo has said that it leaves.</summary>
    public bool IsLeaving(SiloAddress silo)
    {
        lock (_gate)
            return _leaving.Contains(silo);
    }

    /// <summary>Whether another silo is gone: it takes part no more and did not say that it would leave.</summary>
    public bool IsGone(SiloAddress silo) => !silo.Equals(Local) && !Current.Has(silo) && !IsLeaving(silo);

    /// <summary>Whether this silo is the right one for a place, or nobody can say.</summary>
    public bool IsHere(Place place) => Current.OwnerOf(place) is not { } owner || owner.Equals(Local);

    /// <summary>Completes when the layout is another one than that of a version.</summary>
    public Task WhenNotAsync(int version)
    {
        lock (_gate)
            return _current.Version == version ? _changed.Task : Task.CompletedTask;
    }

    /// <summary>This silo is told to stop.</summary>
    public void Stop() => _isStopping = true;

    /// <summary>A silo says that it is about to leave: nothing more is to be placed there.</summary>
    public void Leave(SiloAddress silo)
    {
        lock (_gate)
            _leaving.Add(silo);
        Refresh();
    }

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SiloLayout),
        ServiceLifecycleStage.RuntimeGrainServices,
        _ =>
        {
            WatchAsync(membership.MembershipUpdates).Ignore();
            WatchAsync(manifests.Updates).Ignore();
            return Task.CompletedTask;
        },
        _ => _stop.CancelAsync());

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task WatchAsync<T>(IAsyncEnumerable<T> updates)
    {
        CancellationToken stop = _stop.Token;
        try
        {
            await foreach (T _ in updates.WithCancellation(stop).ConfigureAwait(false))
                Refresh();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private void Refresh()
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            Dictionary<SiloAddress, SiloStatus> members =
                membership.CurrentSnapshot.Members.ToDictionary(each => each.Key, each => each.Value.Status);
            ClusterManifest manifest = manifests.Current;
            _leaving.RemoveWhere(silo => members.GetValueOrDefault(silo, SiloStatus.Dead) == SiloStatus.Dead);
            SiloAddress[] active =
            [
                .. members.Where(each => each.Value == SiloStatus.Active && HostsWeir(manifest, each.Key))
                    .Select(each => each.Key)
                    .Order(),
            ];

            // Who leaves last stays in charge: there is nobody to take over.
            SiloAddress[] staying = [.. active.Where(silo => !_leaving.Contains(silo))];
            SiloAddress[] silos = staying.Length > 0 ? staying : active;
            if (_current.HasSameSilos(silos))
                return;
            Volatile.Write(ref _current, new Layout(_current.Version + 1, silos));
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    private static bool HostsWeir(ClusterManifest manifest, SiloAddress silo) =>
        manifest.Silos.TryGetValue(silo, out GrainManifest? grains) && grains.Grains.ContainsKey(Source);
}

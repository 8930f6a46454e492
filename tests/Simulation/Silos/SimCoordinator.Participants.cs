namespace Weir.Simulation.Silos;

using Weir.Protocol.Checkpoints;
using Weir.Protocol.Jobs;

/// <summary>What it does with the participants of its epoch.</summary>
public sealed partial class SimCoordinator
{
    private const int OpenPatience = 250;
    private Placement? _placement;
    private HashSet<string> _opening = [];

    private void DoAtParticipants(JobAction action)
    {
        switch (action)
        {
            case JobAction.Trigger trigger:
                Trace($"triggers {trigger.Number}");
                foreach (SourcePlace place in _cluster.Sources)
                    Send<SimSource>(place.Name, source => source.Trigger(trigger));
                break;
            case JobAction.Abort abort:
                _cluster.World.Count("checkpoint aborted");
                Trace($"gives up {abort.Number}: {abort.Reason}");
                SendToAll(each => each.Abort(abort.Number));
                break;
            case JobAction.Commit { IsFirst: true } commit:
                SendToAll(each => each.Commit(commit.Number));
                break;
            case JobAction.Commit commit:
                foreach (string name in commit.Waiting)
                    Send<SimParticipant>(name, each => each.Commit(commit.Number));
                break;
            case JobAction.Retire retire:
                _cluster.World.After(_cluster.World.Delay(20), () => Remove(retire.Files));
                break;
            case JobAction.RemoveOrphans orphans:
                _cluster.World.After(_cluster.World.Delay(20), () => Remove([.. _cluster.Store.Names
                    .Where(name => CheckpointNames.EpochOf(name) < orphans.BelowEpoch && !orphans.Kept.Contains(name))]));
                break;
            case JobAction.FinishOutput finish:
                Later(() => _protocol.OnOutputFinished(finish.Epoch));
                break;
            case JobAction.Close close:
                Trace($"closes epoch {close.Epoch}: {close.Reason}");
                Close();
                break;
        }
    }

    private void Open(EpochStart start)
    {
        SimSilo[] up = [.. _cluster.Silos.Where(silo => silo.IsUp)];
        Trace($"opens epoch {start.Epoch} at {start.Restored?.Number.ToString(null, null) ?? "the beginning"}");
        _cluster.World.Count("epoch opened");
        _placement = new Placement(start, _cluster.Groups.Select(place => place.Name)
            .Concat(_cluster.Sources.Select(place => place.Name))
            .ToDictionary(name => name, _ =>
            {
                SimSilo silo = up[_cluster.World.Chance.Below(up.Length)];
                return (silo, silo.Incarnation);
            }));
        Placement placement = _placement;
        _opening = [.. _cluster.Groups.Select(place => place.Name)];
        foreach (GroupPlace place in _cluster.Groups)
            Open(placement, place.Name, silo => new SimGroup(_cluster, silo, place, placement));
        _cluster.World.After(OpenPatience, () =>
        {
            if (_placement == placement && _opening.Count > 0)
                Tell(() => _protocol.OnFailure(start.Epoch, "not all participants could be opened", Now));
        });
    }

    private void Open(Placement placement, string name, Func<SimSilo, SimParticipant> make)
    {
        (SimSilo silo, _) = placement.Silos[name];
        _cluster.Send(silo, () =>
        {
            if (silo.Here.TryGetValue(name, out SimParticipant? here) && here.Epoch > placement.Start.Epoch)
                return;
            if (here?.Epoch != placement.Start.Epoch && !Make(silo, name, make))
                return;
            _cluster.Send(Silo, () => Tell(() => OnOpened(placement, name)));
        });
    }

    private bool Make(SimSilo silo, string name, Func<SimSilo, SimParticipant> make)
    {
        try
        {
            SimParticipant made = make(silo);
            silo.Here.GetValueOrDefault(name)?.Kill();
            silo.Here[name] = made;
            (made as SimGroup)?.Begin();
            (made as SimSource)?.Begin();
            return true;
        }
        catch (Weir.Engine.Codecs.CorruptDataException damage)
        {
            // The coordinator waits in vain, and looks at the checkpoint again.
            if (_cluster.World.Traces)
                _cluster.World.Trace($"{name} can not be restored: {damage.Message}");
            return false;
        }
    }

    private void OnOpened(Placement placement, string name)
    {
        if (_placement != placement || !_opening.Remove(name) || _opening.Count > 0)
            return;
        if (_cluster.Groups.Any(place => place.Name == name))
        {
            _opening = [.. _cluster.Sources.Select(place => place.Name)];
            foreach (SourcePlace place in _cluster.Sources)
                Open(placement, place.Name, silo => new SimSource(_cluster, silo, place, placement));
            return;
        }

        _protocol.OnOpened(placement.Start.Epoch, Now);
    }

    private void Close()
    {
        if (_placement is { } placement)
        {
            foreach (string name in placement.Silos.Keys)
            {
                Send<SimParticipant>(name, each =>
                {
                    each.Kill();
                    placement.Silos[name].Silo.Here.Remove(name);
                });
            }
        }

        _placement = null;
    }

    private void SendToAll(Action<SimParticipant> deliver)
    {
        foreach (string name in _placement?.Silos.Keys ?? [])
            Send(name, deliver);
    }

    private void Send<T>(string name, Action<T> deliver)
        where T : SimParticipant
    {
        if (_placement is not { } placement)
            return;
        (SimSilo silo, int incarnation) = placement.Silos[name];
        if (silo.Incarnation != incarnation)
            return;
        _cluster.Send(silo, () =>
        {
            if (silo.Here.GetValueOrDefault(name) is T here && here.Epoch == placement.Start.Epoch && here.IsAlive)
                deliver(here);
            else
                _cluster.Send(Silo, () => OnFailure(placement.Start.Epoch, $"{name} does not run where it was opened"));
        });
    }
}

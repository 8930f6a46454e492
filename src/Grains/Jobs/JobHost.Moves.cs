namespace Weir.Grains.Jobs;

using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Weir.Grains.Placement;
using Weir.Protocol.Jobs;
using Weir.Protocol.Placement;

/// <summary>What becomes of a job when silos come and go.</summary>
internal sealed partial class JobHost
{
    private Layout? _opened;

    /// <summary>Ends this activation and brings about another one, which stands where the job belongs.</summary>
    public required Action GoElsewhere { get; init; }

    /// <summary>Participants of an epoch are gone.</summary>
    public void OnLost(long epoch, string reason)
    {
        if (_around.Silos.IsStopping)
            return;
        LookAround();
        Then(() => _protocol.OnLost(epoch, reason, Now));
    }

    private void OnOpening()
    {
        _opened = _around.Silos.Current;
        _moves.OnOpening();
    }

    /// <summary>Looks whether the silos are still those on which the epoch was opened.</summary>
    private void LookAround()
    {
        SiloLayout silos = _around.Silos;
        Layout current = silos.Current;
        if (_opened is not { } opened
            || opened.Version == current.Version
            || current.Silos.Count == 0
            || _protocol.Phase is not (JobPhase.Opening or JobPhase.Running or JobPhase.Finishing))
            return;

        // Opened before this silo knew of any: then it is where the first ones that it knows of let it be.
        if (opened.Silos.Count == 0)
        {
            _opened = current;
            return;
        }

        SiloAddress? gone = opened.Silos.FirstOrDefault(silos.IsGone);
        var change = new SiloChange(
            current.Version, !opened.HasSameSilos(current), gone is not null, opened.Silos.Any(silos.IsLeaving));
        bool isElsewhere = !silos.IsHere(Place.Alone($"j:{_job.Name}"));
        switch (_moves.Decide(change, Now))
        {
            case MoveDecision.BeginAnew:
                Then(() => _protocol.OnLost(_protocol.Epoch, $"the silo {gone} is gone", Now));
                break;
            case MoveDecision.MoveAtCheckpoint when !_protocol.IsMoveDue:
                LogMoving(_job.Name, _protocol.Epoch, current.Silos.Count);
                Then(() => _protocol.RequestMove(isElsewhere));
                break;
            case MoveDecision.MoveAtOnce:
                Then(() => _protocol.MoveAtOnce(isElsewhere));
                break;
        }
    }

    private async Task HandOverAsync(long epoch)
    {
        await _closing;
        LogHandedOver(_job.Name, epoch);
        RefuseSavepoints("the job moved to another silo");
        GoElsewhere();
    }

    [LoggerMessage(
        EventId = 108,
        Level = LogLevel.Information,
        Message = "Job {Job} moves after the next checkpoint of epoch {Epoch}: there are {Silos} silos now")]
    private partial void LogMoving(string job, long epoch, int silos);

    [LoggerMessage(
        EventId = 109,
        Level = LogLevel.Information,
        Message = "Job {Job} goes on after epoch {Epoch} from another silo")]
    private partial void LogHandedOver(string job, long epoch);
}

namespace Weir.Benchmarks.Peers.Contestants;

using Akka.Actor;
using Akka.Configuration;

/// <summary>Akka.NET: an actor per key, a message per event.</summary>
internal sealed class AkkaActors : IContestant
{
    private readonly ActorTally _tally = new();
    private readonly Dictionary<long, IActorRef> _actors = [];
    private readonly ActorSystem _system = ActorSystem.Create(
        "peers", ConfigurationFactory.ParseString("akka.loglevel = OFF, akka.stdout-loglevel = OFF"));

    public async Task RunAsync(Reading[] readings)
    {
        foreach (Reading reading in readings)
        {
            if (!_actors.TryGetValue(reading.Key, out IActorRef? actor))
            {
                long key = reading.Key;
                actor = _system.ActorOf(Props.Create(() => new Key(key, _tally)));
                _actors.Add(key, actor);
            }

            _tally.Sending();
            actor.Tell(new Message(reading), ActorRefs.NoSender);
        }

        foreach (IActorRef actor in _actors.Values)
        {
            _tally.Sending();
            actor.Tell(End.Instance, ActorRefs.NoSender);
        }

        await _tally.WhenIdleAsync();
    }

    public Task<Sums> SumsAsync() => Task.FromResult(_tally.Sums);

    // The process ends after a run: to stop a million actors in order is not part of it.
    public ValueTask DisposeAsync()
    {
        _system.Terminate();
        return ValueTask.CompletedTask;
    }

    private sealed record Message(Reading Reading);

    private sealed class End
    {
        public static readonly End Instance = new();
    }

    private sealed class Key(long key, ActorTally tally) : UntypedActor
    {
        private KeySum _sum = new(key, tally);

        protected override void OnReceive(object message)
        {
            if (message is Message { Reading: var reading })
                _sum.Add(in reading);
            else
                _sum.End();
        }
    }
}

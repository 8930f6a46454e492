namespace Weir.Benchmarks.Peers.Contestants;

using Proto;

/// <summary>Proto.Actor: an actor per key, a message per event.</summary>
internal sealed class ProtoActors : IContestant
{
    private readonly ActorTally _tally = new();
    private readonly Dictionary<long, PID> _actors = [];
    private readonly ActorSystem _system = new();

    public async Task RunAsync(Reading[] readings)
    {
        foreach (Reading reading in readings)
        {
            if (!_actors.TryGetValue(reading.Key, out PID? actor))
            {
                long key = reading.Key;
                actor = _system.Root.Spawn(Props.FromProducer(() => new Key(key, _tally)));
                _actors.Add(key, actor);
            }

            _tally.Sending();
            _system.Root.Send(actor, new Message(reading));
        }

        foreach (PID actor in _actors.Values)
        {
            _tally.Sending();
            _system.Root.Send(actor, End.Instance);
        }

        await _tally.WhenIdleAsync();
    }

    public Task<Sums> SumsAsync() => Task.FromResult(_tally.Sums);

    private sealed record Message(Reading Reading);

    private sealed class End
    {
        public static readonly End Instance = new();
    }

    private sealed class Key(long key, ActorTally tally) : IActor
    {
        private KeySum _sum = new(key, tally);

        public Task ReceiveAsync(IContext context)
        {
            switch (context.Message)
            {
                case Message { Reading: var reading }:
                    _sum.Add(in reading);
                    break;
                case End:
                    _sum.End();
                    break;
            }

            return Task.CompletedTask;
        }
    }
}

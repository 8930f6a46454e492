namespace Weir.Benchmarks.Peers.Contestants;

using FASTER.core;

/// <summary>FASTER as the table of sums: a read-modify-write per event, all of it in memory.</summary>
internal sealed class FasterTable : IContestant
{
    private Sums _sums;

    public Task RunAsync(Reading[] readings)
    {
        using var device = new NullDevice();
        using var table = new FasterKV<long, State>(
            1L << 20, new LogSettings { LogDevice = device, MemorySizeBits = 30, PageSizeBits = 22 });
        using ClientSession<long, State, Reading, State, Empty, Functions> session =
            table.For(new Functions(this)).NewSession<Functions>();
        foreach (Reading reading in readings)
        {
            long key = reading.Key;
            Reading input = reading;
            session.RMW(ref key, ref input);
        }

        using IFasterScanIterator<long, State> rows = session.Iterate();
        while (rows.GetNext(out _, out long key, out State state))
            _sums.Add(key, state.Window, state.Sum);
        return Task.CompletedTask;
    }

    public Task<Sums> SumsAsync() => Task.FromResult(_sums);

    private record struct State(long Window, long Sum);

    private sealed class Functions(FasterTable owner) : FunctionsBase<long, State, Reading, State, Empty>
    {
        public override bool InitialUpdater(
            ref long key, ref Reading input, ref State value, ref State output, ref RMWInfo rmwInfo)
        {
            value = new State(Workload.WindowOf(in input), input.Amount);
            return true;
        }

        public override bool InPlaceUpdater(
            ref long key, ref Reading input, ref State value, ref State output, ref RMWInfo rmwInfo)
        {
            value = Add(key, in input, in value);
            return true;
        }

        public override bool CopyUpdater(
            ref long key, ref Reading input, ref State oldValue, ref State newValue, ref State output, ref RMWInfo rmwInfo)
        {
            newValue = Add(key, in input, in oldValue);
            return true;
        }

        private State Add(long key, in Reading input, in State state)
        {
            long window = Workload.WindowOf(in input);
            if (state.Window == window)
                return state with { Sum = state.Sum + input.Amount };
            owner._sums.Add(key, state.Window, state.Sum);
            return new State(window, input.Amount);
        }
    }
}

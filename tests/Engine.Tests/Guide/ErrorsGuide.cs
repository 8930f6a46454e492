namespace Weir.Engine.Tests.Guide;

using Weir.Engine.Errors;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;

/// <summary>The code of docs/guide/errors.md.</summary>
public sealed class ErrorsGuide
{
    #region job
    public sealed record Transfer(string Account, decimal Amount, string Currency, EventTime At);

    /// <summary>Rates that people maintain; the Swiss franc was forgotten.</summary>
    public sealed class Rates
    {
        public Dictionary<string, decimal> PerEuro { get; } = new() { ["EUR"] = 1m, ["USD"] = 1.1m };
    }

    public sealed class Balances(Rates rates) : StreamJob
    {
        public static readonly KeyedTopic<string, Transfer> Transfers =
            Topic.Of<Transfer>("transfers").KeyedBy(transfer => transfer.Account);
        public static readonly Topic<SourceDeadLetter> Unreadable = Topic.Of<SourceDeadLetter>("unreadable");
        public static readonly View<string, decimal> Current = new("balances");

        public override void Define(JobBuilder job) => job
            .From(Transfers)
            .OnError(Errors.DeadLetterTo(Unreadable))
            .WithEventTime(transfer => transfer.At, Watermarks.Bounded(TimeSpan.FromSeconds(5)))
            .KeyBy(Transfers.Key)
            .Process("balance", new Add(rates))
            .OnError(Errors.QuarantineKey)
            .PublishAs(Current);

        private sealed class Add(Rates rates) : KeyedProcess<string, Transfer, decimal>
        {
            private static readonly ValueSlot<decimal> Balance = State.Value<decimal>("balance");

            public override void OnEvent(Transfer value, IKeyContext<string, decimal> key)
            {
                key.State(Balance).Value += value.Amount / rates.PerEuro[value.Currency];
                key.Emit(key.State(Balance).Value);
            }
        }
    }
    #endregion

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AKeyIsHeldAndReleased(bool crash)
    {
        #region quarantine
        var rates = new Rates();
        var run = new JobHarness(new Balances(rates), new HarnessOptions { CrashBetweenSteps = crash });
        var noon = new EventTime(43_200_000);
        run.Send(Balances.Transfers, new Transfer("ada", 100m, "EUR", noon), new Transfer("bob", 11m, "USD", noon));
        run.Send(Balances.Transfers, new Transfer("ada", 90m, "CHF", noon), new Transfer("ada", -30m, "EUR", noon));
        run.Send(Balances.Transfers, new Transfer("bob", 5m, "EUR", noon));

        // Only Ada's account stands still, at the last good state; what came for it is kept.
        Assert.Equal(100m, run.Find(Balances.Current, "ada")!.Value);
        Assert.Equal(15m, run.Find(Balances.Current, "bob")!.Value);
        QuarantinedKey held = run.Quarantined("balance").Single();
        Assert.Equal(("ada", 2), (held.Key, held.Events));
        Assert.Contains("KeyNotFoundException", held.Error, StringComparison.Ordinal);

        // The rate is there now: both transfers are applied in order.
        rates.PerEuro["CHF"] = 0.9m;
        run.Release("balance", "ada");
        Assert.Equal(170m, run.Find(Balances.Current, "ada")!.Value);
        #endregion
    }
}

namespace Weir.Engine.Tests.Guide;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;

/// <summary>The code of docs/guide/async.md.</summary>
public sealed class AsyncGuide
{
    #region job
    public sealed record Parcel(string Id, string PostCode);

    public interface IAddressBook
    {
        Task<string> FindTownAsync(string postCode, CancellationToken cancellation);
    }

    public sealed class ParcelTowns(IAddressBook addresses) : StreamJob
    {
        public static readonly Topic<Parcel> Parcels = Topic.Of<Parcel>("parcels");
        public static readonly Topic<string> Labels = Topic.Of<string>("labels");

        public override void Define(JobBuilder job) => job
            .From(Parcels)
            .EnrichAsync(
                "find-town",
                async (parcel, cancellation) =>
                    $"{parcel.Id} to {await addresses.FindTownAsync(parcel.PostCode, cancellation)}",
                new EnrichOptions
                {
                    Capacity = 50,
                    Timeout = TimeSpan.FromSeconds(10),
                    Retry = new EnrichRetry { Attempts = 3, Growth = RetryGrowth.Exponential },
                })
            .OrElse((parcel, fault) => $"{parcel.Id} to unknown: {fault.Message}")
            .To(Labels);
    }
    #endregion

    #region keys
    public sealed record Charge(string Card, long Cents);

    public interface IBank
    {
        Task<bool> ReserveAsync(string card, long cents, CancellationToken cancellation);
    }

    public sealed class Charges(IBank bank) : StreamJob
    {
        public static readonly KeyedTopic<string, Charge> Requests =
            Topic.Of<Charge>("charges").KeyedBy(charge => charge.Card);
        public static readonly Topic<string> Answers = Topic.Of<string>("charge-answers");

        public override void Define(JobBuilder job) => job
            .From(Requests)
            .KeyBy(Requests.Key)
            .Process("reserve", new Reserve(bank))
            .OneGrainPerKey()
            .To(Answers);
    }

    public sealed class Reserve(IBank bank) : AsyncKeyedProcess<string, Charge, string>
    {
        private static readonly ValueSlot<long> Reserved = State.Value<long>("reserved");

        public override async ValueTask OnEventAsync(
            Charge value, IKeyContext<string, string> key, CancellationToken cancellation)
        {
            // While this card waits for the bank, no other call for it begins.
            if (!await bank.ReserveAsync(value.Card, value.Cents, cancellation))
            {
                key.Emit($"{key.Key}: {value.Cents} refused, {key.State(Reserved).Value} reserved");
                return;
            }

            key.State(Reserved).Value += value.Cents;
            key.Emit($"{key.Key}: {value.Cents} taken, {key.State(Reserved).Value} reserved");
        }
    }
    #endregion

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void ResultsKeepTheOrderOfTheirEvents(bool crash)
    {
        #region test
        var book = new FakeAddressBook();
        var run = new JobHarness(new ParcelTowns(book), new HarnessOptions { CrashBetweenSteps = crash });
        run.Send(ParcelTowns.Parcels, new Parcel("p1", "1010"), new Parcel("p2", "8010"), new Parcel("p3", "9999"));
        Assert.Equal(3, run.CallsInFlight);

        // The answer for p2 has to wait for that for p1.
        book.Answer("8010", "Graz");
        run.RunCalls();
        Assert.Empty(run.Read(ParcelTowns.Labels));
        book.Answer("1010", "Wien");
        run.RunCalls();
        Assert.Equal(["p1 to Wien", "p2 to Graz"], run.ReadNew(ParcelTowns.Labels));

        book.Fail("9999", "no such code");
        run.RunCalls();
        Assert.Equal(["p3 to unknown: no such code"], run.ReadNew(ParcelTowns.Labels));
        #endregion
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AKeyMayWait(bool crash)
    {
        #region keys-test
        var run = new JobHarness(
            new Charges(new BankWithLimit(100)), new HarnessOptions { CrashBetweenSteps = crash });
        run.Send(Charges.Requests, new Charge("c1", 60), new Charge("c1", 70));
        run.Send(Charges.Requests, new Charge("c1", 40));
        Assert.Equal(
            ["c1: 60 taken, 60 reserved", "c1: 70 refused, 60 reserved", "c1: 40 taken, 100 reserved"],
            run.Read(Charges.Answers));
        #endregion
    }

    #region fake
    /// <summary>Answers when the test says so; a question has one answer, however often it is asked.</summary>
    private sealed class FakeAddressBook : IAddressBook
    {
        private readonly Dictionary<string, TaskCompletionSource<string>> _answers = [];

        public Task<string> FindTownAsync(string postCode, CancellationToken cancellation) => Of(postCode).Task;

        public void Answer(string postCode, string town) => Of(postCode).SetResult(town);

        public void Fail(string postCode, string why) => Of(postCode).SetException(new InvalidOperationException(why));

        private TaskCompletionSource<string> Of(string postCode)
        {
            if (!_answers.TryGetValue(postCode, out TaskCompletionSource<string>? answer))
                _answers.Add(postCode, answer = new TaskCompletionSource<string>());
            return answer;
        }
    }
    #endregion

    private sealed class BankWithLimit(long limit) : IBank
    {
        private long _reserved;

        public async Task<bool> ReserveAsync(string card, long cents, CancellationToken cancellation)
        {
            await Task.Yield();
            if (_reserved + cents > limit)
                return false;
            _reserved += cents;
            return true;
        }
    }
}

namespace Weir.Engine.Tests.Guide;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;

/// <summary>The code of docs/guide/state.md.</summary>
public sealed class StateGuide
{
    #region job
    public sealed record Login(string Account, bool Succeeded);

    public sealed class LoginGuard : StreamJob
    {
        public static readonly KeyedTopic<string, Login> Logins =
            Topic.Of<Login>("logins").KeyedBy(login => login.Account);
        public static readonly Topic<string> Alarms = Topic.Of<string>("login-alarms");

        public override void Define(JobBuilder job) => job
            .From(Logins)
            .KeyBy(Logins.Key)
            .Process("guard-logins", new GuardLogins())
            .To(Alarms);
    }

    public sealed class GuardLogins : KeyedProcess<string, Login, string>
    {
        // Each failure is forgotten after ten minutes, and with the last one the key.
        private static readonly ListSlot<long> Failures =
            State.List<long>("failures").ExpiresAfter(TimeSpan.FromMinutes(10));

        public override void OnEvent(Login value, IKeyContext<string, string> key)
        {
            IListState<long> failures = key.State(Failures);
            if (value.Succeeded)
            {
                failures.Clear();
                return;
            }

            failures.Add(key.Clock.Milliseconds);
            if (failures.Items.Count == 3)
                key.Emit($"{key.Key} failed three times within ten minutes");
        }
    }
    #endregion

    #region before
    public sealed record Purchase(string Customer, long Cents);

    public sealed class CollectPoints : KeyedProcess<string, Purchase, string>
    {
        private static readonly ValueSlot<long> Points = State.Value<long>("points");
        private static readonly ValueSlot<string> Tier = State.Value<string>("tier");

        public override void OnEvent(Purchase value, IKeyContext<string, string> key)
        {
            key.State(Points).Value += value.Cents / 100;
            key.State(Tier).Value = key.State(Points).Value >= 100 ? "gold" : "plain";
        }
    }
    #endregion

    #region after
    public sealed record Balance(long Points, long Purchases);

    public sealed class CollectPointsAndCount : KeyedProcess<string, Purchase, string>
    {
        // What was stored as a number, which is version 1, becomes a balance.
        private static readonly ValueSlot<Balance> Points =
            State.Value<Balance>("points").Upgrading<long>(1, points => new Balance(points, 0));
        private static readonly StateSlot Tier = State.Dropped("tier");

        public override void OnEvent(Purchase value, IKeyContext<string, string> key)
        {
            Balance before = key.State(Points).Value ?? new Balance(0, 0);
            Balance now = new(before.Points + (value.Cents / 100), before.Purchases + 1);
            key.State(Points).Value = now;
            key.Emit($"{key.Key} has {now.Points} points, {now.Purchases} purchases counted");
        }
    }
    #endregion

    #region partition
    public sealed record Measurement(string Meter, long Number);

    /// <summary>A gateway numbers what it sends, and each gateway has a partition of its own.</summary>
    public sealed class FindGaps : PartitionProcess<Measurement, string>
    {
        private static readonly ValueSlot<long> Last = State.Value<long>("last");

        public override void OnEvent(Measurement value, IPartitionContext<string> partition)
        {
            IValueState<long> last = partition.State(Last);
            if (last.HasValue && value.Number > last.Value + 1)
                partition.Emit($"gateway {partition.Partition}: {last.Value + 1} to {value.Number - 1} missing");
            last.Value = value.Number;
        }
    }
    #endregion

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void FailuresExpireOneByOne(bool crash)
    {
        #region test
        var run = new JobHarness(new LoginGuard(), new HarnessOptions { CrashBetweenSteps = crash });
        EventTime Minute(int minute) => EventTime.From(new DateTime(2026, 1, 1, 12, minute, 0, DateTimeKind.Utc));
        var failure = new Login("ann", Succeeded: false);

        run.AdvanceClock(Minute(0));
        run.Send(LoginGuard.Logins, failure);
        run.AdvanceClock(Minute(6));
        run.Send(LoginGuard.Logins, failure);
        // The failure of minute 0 expires: two are left after this one, not three.
        run.AdvanceClock(Minute(10));
        run.Send(LoginGuard.Logins, failure);
        Assert.Empty(run.Read(LoginGuard.Alarms));
        run.AdvanceClock(Minute(15));
        run.Send(LoginGuard.Logins, failure);
        Assert.Equal("ann failed three times within ten minutes", run.Read(LoginGuard.Alarms).Single());

        run.AdvanceClock(Minute(25));
        Assert.Equal(0, run.Keys("guard-logins"));
        #endregion
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void AChangedFunctionGoesOn(bool crash)
    {
        KeyedTopic<string, Purchase> purchases =
            Topic.Of<Purchase>("purchases").KeyedBy(purchase => purchase.Customer);
        Topic<string> lines = Topic.Of<string>("lines");
        JobHarness Run(KeyedProcess<string, Purchase, string> function) => new(
            new TestJob(job => job.From(purchases).KeyBy(purchases.Key).Process("points", function).To(lines)),
            Runs.Options(crash));

        #region upgrade
        JobHarness old = Run(new CollectPoints());
        old.Send(purchases, new Purchase("ann", 4200));

        JobHarness changed = Run(new CollectPointsAndCount());
        changed.Restore(old.Snapshot());
        changed.Send(purchases, new Purchase("ann", 800));
        Assert.Equal("ann has 50 points, 1 purchases counted", changed.Read(lines).Single());
        #endregion

        // Without the upgrade nothing is restored, and the other way round neither.
        JobHarness back = Run(new CollectPoints());
        Assert.Throws<StateSchemaException>(() => back.Restore(changed.Snapshot()));
    }

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void APartitionRemembersItsLastNumber(bool crash)
    {
        Topic<Measurement> measurements = Topic.Of<Measurement>("measurements");
        Topic<string> gaps = Topic.Of<string>("gaps");

        #region partition-test
        var run = new JobHarness(
            new TestJob(job => job
                .From(measurements)
                .ProcessPartition("find-gaps", new FindGaps())
                .To(gaps)),
            new HarnessOptions { Partitions = 2, CrashBetweenSteps = crash });
        run.SendTo(measurements, 0, new Measurement("m1", 7), new Measurement("m2", 8));
        run.SendTo(measurements, 1, new Measurement("m3", 40));
        run.SendTo(measurements, 0, new Measurement("m1", 11));
        Assert.Equal(["gateway 0: 9 to 10 missing"], run.Read(gaps));
        #endregion
    }
}

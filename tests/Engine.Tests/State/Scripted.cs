namespace Weir.Engine.Tests.State;

using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Testing;

/// <summary>A function whose slots and deeds a test states in place.</summary>
internal sealed class Scripted(StateSlot[] slots, Action<Reading, IKeyContext<string, string>> onEvent)
    : KeyedProcess<string, Reading, string>
{
    public const string Operator = "state";
    public const int Get = 1;
    public const int Put = 2;
    public const int Has = 3;
    public const int Clear = 4;
    public const int Remove = 5;
    public const int Count = 6;

    public static readonly TimeToLive OnRead = new() { Update = TimeToLiveUpdate.OnReadAndWrite };

    public static readonly TimeToLive Relaxed =
        new() { Visibility = ExpiredVisibility.ReturnExpiredIfNotCleanedUp, Cleanup = false };

    public override IEnumerable<StateSlot> Slots => slots;

    public override void OnEvent(Reading value, IKeyContext<string, string> key) => onEvent(value, key);

    /// <summary>A job with one operator.</summary>
    public static JobHarness Run(
        bool crash, StateSlot slot, Action<Reading, IKeyContext<string, string>> onEvent, params StateSlot[] others) =>
        new(
            new TestJob(job => job.KeyGroups(2).From(Reading.Input)
                .KeyBy(Reading.Input.Key)
                .Process(Operator, new Scripted([slot, .. others], onEvent))
                .To(Tables.Texts)),
            Runs.Options(crash));

    /// <summary>An event of the key "a" whose time says what to do.</summary>
    public static Row Do(int command, long value = 0) => new Reading("a", command, value);
}

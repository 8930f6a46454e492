namespace Weir.Engine.Tests.Operators;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Windows;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// A group of many keys reads ahead what its next events need. What comes out is what a dictionary gives, also where an
/// event of a run makes or removes what a later one of the same run needs.
/// </summary>
public sealed class ReadAheadTests
{
    private const int Keys = 3 * ReadAhead.FewestKeys;

    // Some keys come again and again, in one run too, and some of them go and come back.
    private static readonly Gen<Reading[]> Events =
        (from key in Gen.OneOf(Gen.Int[0, Keys], Gen.Int[0, 5])
         from at in Gen.Int[0, 29]
         from value in Gen.Int[0, 3]
         select new Reading($"key{key}", at, value)).Array[1, 500];

    private static IEnumerable<Reading> First => Enumerable.Range(0, Keys).Select(key => new Reading($"key{key}", 0, 1));

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void Windows_HoldWhatADictionaryHolds(bool crash) => Events.Sample(
        events =>
        {
            Reading[] all = [.. First, .. events];
            JobHarness run = Job(crash, stream => stream.Window(Windows.Tumbling(Ms(10)))
                .Aggregate("sums", new Sum<Reading, long>(reading => reading.Value))
                .To(Tables.Results));
            run.Send(Input, all);
            Assert.Equal(Keys, run.Keys("sums"), tolerance: 1);
            run.Seal();
            Assert.Equal(
                all.GroupBy(each => (each.Key, each.At / 10 * 10))
                    .Select(window => (window.Key.Key, window.Key.Item2, window.Sum(each => each.Value))).Order(),
                run.Read(Tables.Results)
                    .Select(each => (each.Key, each.Window.Start.Milliseconds, each.Value)).Order());
        },
        iter: crash ? 3 : 10);

    [Theory]
    [MemberData(nameof(Runs.Crashes), MemberType = typeof(Runs))]
    public void State_IsWhatADictionaryHolds(bool crash) => Events.Sample(
        events =>
        {
            JobHarness run = Job(crash, stream => stream.Process("totals", new Totals()).To(Tables.Texts));
            run.Send(Input, [.. First]);
            run.Send(Input, events);
            var totals = new Dictionary<string, long>();
            List<string> expected = [];
            foreach (Reading each in First.Concat(events))
            {
                long total = totals[each.Key] = each.Value == 0 ? 0 : totals.GetValueOrDefault(each.Key) + each.Value;
                expected.Add($"{each.Key} {total}");
            }

            Assert.Equal(expected, run.Read(Tables.Texts));
            Assert.Equal(totals.Count(each => each.Value > 0), run.Keys("totals"));
        },
        iter: crash ? 3 : 10);

    [Fact]
    public void AFailure_NamesItsEvent_AndThoseBeforeItHaveBeenApplied()
    {
        JobHarness run = Job(crash: false, stream => stream.Process("totals", new Totals()).To(Tables.Texts));
        run.Send(Input, [.. First]);
        var fault = Assert.Throws<OperatorFailedException>(() => run.Send(
            Input, new Reading("key1", 1), new Reading("key2", 2, -1), new Reading("key3", 3)));
        Assert.Contains("'totals'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("key2", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"offset {Keys + 1} ", fault.Message, StringComparison.Ordinal);
    }

    private static JobHarness Job(bool crash, Action<KeyedStream<string, Reading>> define) => new(
        new TestJob(job => define(From(job.KeyGroups(1)).KeyBy(Input.Key))), Runs.Options(crash));

    private sealed class Totals : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<long> Total = new("total");

        public override void OnEvent(Reading value, IKeyContext<string, string> context)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value.Value);
            IValueState<long> total = context.State(Total);
            long now = value.Value == 0 ? 0 : total.Value + value.Value;
            if (now == 0)
                total.Clear();
            else
                total.Value = now;
            context.Emit($"{context.Key} {now}");
        }
    }
}

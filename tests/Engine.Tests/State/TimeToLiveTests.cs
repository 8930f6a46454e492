namespace Weir.Engine.Tests.State;

using CsCheck;
using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Testing;
using static Weir.Engine.Tests.Reading;
using static Weir.Engine.Tests.State.Scripted;

/// <summary>
/// Whatever is done to state that expires, it is as a brute-force model says, with crashes in between.
/// </summary>
public sealed class TimeToLiveTests
{
    private const int Fold = 7;
    private const int Tick = 0;
    private const long Life = 10;

    private static readonly Gen<TimeToLive> Options = Gen.Select(
        Gen.Bool, Gen.Bool, Gen.Bool, (reads, shows, cleanup) => new TimeToLive
        {
            Update = reads ? TimeToLiveUpdate.OnReadAndWrite : TimeToLiveUpdate.OnCreateAndWrite,
            Visibility = shows
                ? ExpiredVisibility.ReturnExpiredIfNotCleanedUp
                : ExpiredVisibility.NeverReturnExpired,
            Cleanup = cleanup,
        });

    private static readonly Gen<Step[]> Steps = Gen.Select(
        Gen.OneOf("a", "a", "b"),
        Gen.OneOf(Tick, Tick, Tick, Put, Put, Put, Get, Has, Clear, Remove, Count, Fold),
        Gen.Long[0, 39],
        Gen.Bool,
        (key, op, value, crash) => new Step(key, op, value, crash)).Array[1, 60];

    [Theory]
    [InlineData("value")]
    [InlineData("reducing")]
    [InlineData("aggregating")]
    [InlineData("list")]
    [InlineData("map")]
    public void State_IsAsTheModelSays(string kind) => Gen.Select(Options, Steps).Sample(
        (options, steps) =>
        {
            (StateSlot slot, Action<Reading, IKeyContext<string, string>> act) = Real(kind, options);
            JobHarness run = Run(crash: false, slot, act);
            var models = new Dictionary<string, TimeToLiveModel>
            {
                ["a"] = new(Life, options),
                ["b"] = new(Life, options),
            };
            long now = 0;
            foreach (Step step in steps)
            {
                if (step.Op == Tick)
                    run.AdvanceClock(T(now += step.Value / 4));
                else
                    run.Send(Input, new Reading(step.Key, step.Op, step.Value));
                if (step.Crash)
                    run.CrashAndRestore();
                string? expected = null;
                if (step.Op == Tick)
                    models.Values.ToList().ForEach(model => model.Tick(now));
                else
                    expected = Act(kind, models[step.Key], step);
                Assert.Equal(expected is null ? [] : [expected], run.ReadNew(Tables.Texts));
                Assert.Equal(models.Values.Count(model => !model.IsEmpty), run.Keys(Operator));
                foreach ((string key, TimeToLiveModel model) in models)
                    Assert.Equal(model.Living, Held(run, key));
            }
        },
        iter: 120);

    private static IEnumerable<string> Held(JobHarness run, string key)
    {
        object? held = run.Inspect(Operator, key)?.State.SingleOrDefault()?.Value;
        return held switch
        {
            null => [],
            long value => [$"0:{value}"],
            long[] items => items.Select(item => $"0:{item}"),
            KeyValuePair<long, long>[] entries => entries.Select(entry => $"{entry.Key}:{entry.Value}"),
            _ => [$"unknown {held}"],
        };
    }

    private static string? Act(string kind, TimeToLiveModel model, Step step)
    {
        (long name, long value) = kind == "map" ? Math.DivRem(step.Value, 10) : (0, step.Value);
        switch (step.Op, kind)
        {
            case (Get, "map"): return model.Read(name);
            case (Get, _): return model.Read();
            case (Has, "list"): return model.Read();
            case (Has, _): return $"{model.Has(name)}";
            case (Clear, _): model.Clear(); return null;
            case (Remove, "map"): return $"{model.Remove(name)}";
            case (Count, "map"): return $"{model.Count()}";
            case (Fold, "map"): return model.Read();
            case (_, "value" or "map"): model.Set(name, value); return null;
            case (_, "list"): model.Add(value); return null;
            default: model.Fold(value); return null;
        }
    }

    private static (StateSlot Slot, Action<Reading, IKeyContext<string, string>> Act) Real(
        string kind, TimeToLive options)
    {
        var value = State.Value<long>("state").ExpiresAfter(Ms(Life), options);
        var reducing = State.Reducing<long>("state", (left, right) => left + right).ExpiresAfter(Ms(Life), options);
        var aggregating = State.Aggregating("state", new Sum<long, long>(each => each)).ExpiresAfter(Ms(Life), options);
        var list = State.List<long>("state").ExpiresAfter(Ms(Life), options);
        var map = State.Map<long, long>("state").ExpiresAfter(Ms(Life), options);
        return kind switch
        {
            "value" => (value, (step, key) => Emit(key, OnValue(step, key.State(value)))),
            "reducing" => (reducing, (step, key) => Emit(key, OnReducing(step, key.State(reducing)))),
            "aggregating" => (aggregating, (step, key) => Emit(key, OnAggregating(step, key.State(aggregating)))),
            "list" => (list, (step, key) => Emit(key, OnList(step, key.State(list)))),
            _ => (map, (step, key) => Emit(key, OnMap(step, key.State(map)))),
        };
    }

    private static void Emit(IKeyContext<string, string> key, string? text)
    {
        if (text is not null)
            key.Emit(text);
    }

    // A value of 0 can not be told from none by its value, so it is looked whether it is there when it was not read.
    private static string? OnValue(Reading step, IValueState<long> state)
    {
        switch (step.At)
        {
            case Get: return state.HasValue ? $"0:{state.Value}" : "";
            case Has: return $"{state.HasValue}";
            case Clear: state.Clear(); return null;
            default: state.Value = step.Value; return null;
        }
    }

    private static string? OnReducing(Reading step, IReducingState<long> state)
    {
        switch (step.At)
        {
            case Get: return state.HasValue ? $"0:{state.Value}" : "";
            case Has: return $"{state.HasValue}";
            case Clear: state.Clear(); return null;
            default: state.Add(step.Value); return null;
        }
    }

    private static string? OnAggregating(Reading step, IAggregatingState<long, long> state)
    {
        switch (step.At)
        {
            case Get: return state.HasValue ? $"0:{state.Value}" : "";
            case Has: return $"{state.HasValue}";
            case Clear: state.Clear(); return null;
            default: state.Add(step.Value); return null;
        }
    }

    private static string? OnList(Reading step, IListState<long> state)
    {
        switch (step.At)
        {
            case Get or Has: return string.Join(',', state.Items.Select(item => $"0:{item}"));
            case Clear: state.Clear(); return null;
            default: state.Add(step.Value); return null;
        }
    }

    private static string? OnMap(Reading step, IMapState<long, long> state)
    {
        (long name, long value) = Math.DivRem(step.Value, 10);
        switch (step.At)
        {
            case Get: return state.TryGet(name, out long found) ? $"{name}:{found}" : "";
            case Has: return $"{state.Contains(name)}";
            case Clear: state.Clear(); return null;
            case Remove: return $"{state.Remove(name)}";
            case Count: return $"{state.Count}";
            case Fold: return string.Join(',', state.Entries.Select(entry => $"{entry.Key}:{entry.Value}"));
            default: state[name] = value; return null;
        }
    }

    private sealed record Step(string Key, int Op, long Value, bool Crash);
}

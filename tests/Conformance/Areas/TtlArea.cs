namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Aggregates;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;

/// <summary>What a case does to the state of a key; the argument is JSON.</summary>
public sealed record Command(string Key, string Op, string Argument)
{
    public static readonly KeyedTopic<string, Command> Input =
        Topic.Of<Command>("commands").KeyedBy(command => command.Key);
}

/// <summary>
/// Time to live, without cleanup in the background, for a case says when something is removed. Plays each case as it
/// stands and with a restore after each step.
/// </summary>
internal sealed class TtlArea : Area
{
    public override void Run(JsonElement each)
    {
        foreach (bool crash in (bool[])[false, true])
        {
            var run = new TtlRun(each.GetProperty("config"), crash);
            int number = 0;
            foreach (JsonElement step in each.List("steps"))
            {
                string where = $"{(crash ? "restored after each step, " : "")}step {number++}";
                if (step.True("assertRawStateEmpty"))
                    Inside($"{where}: raw state is {(run.IsEmpty ? "" : "not ")}empty");
                else
                    run.Play(step, where);
            }
        }
    }

    private static KeyedProcess<string, Command, string> Function(JsonElement config)
    {
        TimeSpan span = Json.Span(config.Long("ttl"));
        var options = new TimeToLive
        {
            Update = config.Text("updateType") switch
            {
                "OnCreateAndWrite" or "" => TimeToLiveUpdate.OnCreateAndWrite,
                "OnReadAndWrite" => TimeToLiveUpdate.OnReadAndWrite,
                var other => throw NotYet($"the update type {other}"),
            },
            Visibility = config.Text("visibility") switch
            {
                "NeverReturnExpired" or "" => ExpiredVisibility.NeverReturnExpired,
                "ReturnExpiredIfNotCleanedUp" => ExpiredVisibility.ReturnExpiredIfNotCleanedUp,
                var other => throw NotYet($"the visibility {other}"),
            },
            Cleanup = false,
        };
        return config.Text("stateType") switch
        {
            "value" => new Values(State.Value<string>("state").ExpiresAfter(span, options)),
            "list" => new Lists(State.List<string>("state").ExpiresAfter(span, options)),
            "mapSingleEntry" => new Entries(State.Map<string, string?>("state").ExpiresAfter(span, options)),
            "mapAllEntries" => new Maps(State.Map<string, string?>("state").ExpiresAfter(span, options)),
            "reducingSum" => new Sums(
                State.Reducing<long>("state", (left, right) => left + right).ExpiresAfter(span, options)),
            "aggregatingSumStartingAt3AsString" => new Texts(
                State.Aggregating("state", new SumFromThree()).ExpiresAfter(span, options)),
            var other => throw NotYet($"the state {other}"),
        };
    }

    private sealed class TtlRun
    {
        private readonly JobHarness _run;
        private readonly Dictionary<string, byte[]> _snapshots = [];
        private string _key = "default";

        public TtlRun(JsonElement config, bool crash)
        {
            var job = new TtlJob(Function(config));
            _run = new JobHarness(job, new HarnessOptions { CrashBetweenSteps = crash });
        }

        public bool IsEmpty => _run.Keys("state") == 0;

        public void Play(JsonElement step, string where)
        {
            if (step.At("time") is { } time)
                _run.AdvanceClock(new EventTime(time.GetInt64()));
            else if (step.At("currentKey") is { } key)
                _key = key.ToString();
            else if (step.True("snapshotRestore"))
                _run.CrashAndRestore();
            else if (step.At("snapshot") is { } name)
                _snapshots[name.ToString()] = _run.Snapshot();
            else if (step.At("restore") is { } from)
                _run.Restore(_snapshots[from.ToString()]);
            else if (step.Text("op") is "get" or "update" or "add" or "clear")
                Do(step, where);
            else
                throw NotYet($"the step {step}");
        }

        private void Do(JsonElement step, string where)
        {
            string op = step.Text("op");
            _run.Send(Command.Input, new Command(_key, op, step.At("arg")?.GetRawText() ?? "null"));
            if (op != "get")
                return;
            string expected = Canonical(step.GetProperty("expect").GetRawText());
            Expect(where, expected, Canonical(_run.ReadNew(Item.Output)[^1]));
        }

        // The order of a map is not a part of a case.
        private static string Canonical(string json)
        {
            JsonElement value = Parse(json);
            return value.ValueKind == JsonValueKind.Object
                ? string.Join(", ", value.EnumerateObject()
                    .OrderBy(entry => entry.Name, StringComparer.Ordinal)
                    .Select(entry => $"{entry.Name}: {entry.Value.GetRawText()}"))
                : JsonSerializer.Serialize(value);
        }
    }

    private sealed class TtlJob(KeyedProcess<string, Command, string> function) : StreamJob
    {
        public override string Name => "case";

        public override void Define(JobBuilder job) =>
            job.From(Command.Input).KeyBy(Command.Input.Key).Process("state", function).To(Item.Output);
    }

    private abstract class Store<TSlot>(TSlot slot) : KeyedProcess<string, Command, string>
        where TSlot : StateSlot
    {
        protected TSlot Slot => slot;

        public override IEnumerable<StateSlot> Slots => [slot];

        public override void OnEvent(Command value, IKeyContext<string, string> key)
        {
            if (value.Op == "get")
                key.Emit(Get(key));
            else if (value.Op == "clear")
                Clear(key);
            else
                Update(Parse(value.Argument), key, isAddition: value.Op == "add");
        }

        protected abstract string Get(IKeyContext<string, string> key);

        protected abstract void Update(JsonElement argument, IKeyContext<string, string> key, bool isAddition);

        protected abstract void Clear(IKeyContext<string, string> key);
    }

    private sealed class Values(ValueSlot<string> slot) : Store<ValueSlot<string>>(slot)
    {
        protected override string Get(IKeyContext<string, string> key) => key.State(Slot).Value ?? "null";

        protected override void Update(JsonElement argument, IKeyContext<string, string> key, bool isAddition) =>
            key.State(Slot).Value = argument.ValueKind == JsonValueKind.Null ? null : argument.GetRawText();

        protected override void Clear(IKeyContext<string, string> key) => key.State(Slot).Clear();
    }

    private sealed class Lists(ListSlot<string> slot) : Store<ListSlot<string>>(slot)
    {
        protected override string Get(IKeyContext<string, string> key) =>
            $"[{string.Join(',', key.State(Slot).Items)}]";

        protected override void Update(JsonElement argument, IKeyContext<string, string> key, bool isAddition)
        {
            IEnumerable<JsonElement> items = argument.ValueKind switch
            {
                JsonValueKind.Array => argument.EnumerateArray(),
                JsonValueKind.Null => [],
                _ => [argument],
            };
            if (!isAddition)
                key.State(Slot).Clear();
            key.State(Slot).AddRange(items.Select(item => item.GetRawText()));
        }

        protected override void Clear(IKeyContext<string, string> key) => key.State(Slot).Clear();
    }

    /// <summary>Reads a map as a whole.</summary>
    private class Maps(MapSlot<string, string?> slot) : Store<MapSlot<string, string?>>(slot)
    {
        protected override string Get(IKeyContext<string, string> key) => Show(key.State(Slot).Entries);

        protected override void Update(JsonElement argument, IKeyContext<string, string> key, bool isAddition)
        {
            foreach (JsonProperty entry in argument.EnumerateObject())
                key.State(Slot)[entry.Name] = entry.Value.GetString();
        }

        protected override void Clear(IKeyContext<string, string> key) => key.State(Slot).Clear();

        protected static string Show(IEnumerable<KeyValuePair<string, string?>> entries) =>
            JsonSerializer.Serialize(new Dictionary<string, string?>(entries));
    }

    /// <summary>Reads a map entry by entry, of all that the case has written to any key.</summary>
    private sealed class Entries(MapSlot<string, string?> slot) : Maps(slot)
    {
        private readonly SortedSet<string> _names = new(StringComparer.Ordinal);

        protected override string Get(IKeyContext<string, string> key)
        {
            List<KeyValuePair<string, string?>> found = [];
            foreach (string name in _names)
            {
                if (key.State(Slot).TryGet(name, out string? value))
                    found.Add(new KeyValuePair<string, string?>(name, value));
            }

            return Show(found);
        }

        protected override void Update(JsonElement argument, IKeyContext<string, string> key, bool isAddition)
        {
            _names.UnionWith(argument.EnumerateObject().Select(entry => entry.Name));
            base.Update(argument, key, isAddition);
        }
    }

    private sealed class Sums(ReducingSlot<long> slot) : Store<ReducingSlot<long>>(slot)
    {
        protected override string Get(IKeyContext<string, string> key) =>
            key.State(Slot).HasValue ? $"{key.State(Slot).Value}" : "null";

        protected override void Update(JsonElement argument, IKeyContext<string, string> key, bool isAddition) =>
            key.State(Slot).Add(argument.GetInt64());

        protected override void Clear(IKeyContext<string, string> key) => key.State(Slot).Clear();
    }

    private sealed class Texts(AggregatingSlot<long, string> slot) : Store<AggregatingSlot<long, string>>(slot)
    {
        protected override string Get(IKeyContext<string, string> key) =>
            JsonSerializer.Serialize(key.State(Slot).Value);

        protected override void Update(JsonElement argument, IKeyContext<string, string> key, bool isAddition) =>
            key.State(Slot).Add(argument.GetInt64());

        protected override void Clear(IKeyContext<string, string> key) => key.State(Slot).Clear();
    }

    private sealed class SumFromThree : IAggregator<long, long, string>
    {
        public long Create() => 3;

        public void Add(ref long accumulator, in long value) => accumulator += value;

        public void Merge(ref long into, in long from) => into += from;

        public string Result(in long accumulator) => $"{accumulator}";
    }

    private static JsonElement Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}

namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;

/// <summary>Plays the steps of a case of a join and compares pairs, watermarks and late events.</summary>
internal sealed class JoinRun
{
    private readonly JsonElement _case;
    private readonly JobHarness _run;
    private readonly string _how;
    private readonly HashSet<string> _keys = [];
    private readonly List<string> _output = [];
    private readonly Dictionary<string, EventTime> _watermarks = new()
    {
        ["left"] = EventTime.MinValue,
        ["right"] = EventTime.MinValue,
    };

    public JoinRun(JsonElement each, StreamJob job, bool crash)
    {
        _case = each;
        _how = crash ? "restored after each step, " : "";
        _run = new JobHarness(job, new HarnessOptions { CrashBetweenSteps = crash });
    }

    /// <summary>The first place where the buffers differ from the case's, or null.</summary>
    public string? InsideDifference { get; private set; }

    private EventTime Watermark => EventTime.Min(_watermarks["left"], _watermarks["right"]);

    public void Play()
    {
        JsonElement[] steps = [.. _case.List("steps")];
        var pairs = Entries("expectedPairs");
        var outputs = Entries("expected");
        var buffers = Entries("expectedBuffers");
        for (int i = 0; i < steps.Length; i++)
        {
            Step(steps[i], i);
            if (buffers.TryGetValue(i, out JsonElement buffer))
                LookInside(i, buffer);
            if (outputs.TryGetValue(i, out JsonElement output))
                Compare($"step {i}", output.List("out"), withWatermarks: true);
            else if (pairs.TryGetValue(i, out JsonElement pair))
                Compare($"step {i}", pair.List("pairs"), withWatermarks: false);
        }

        // Cases about the buffers alone do not list pairs.
        if (pairs.Count + outputs.Count > 0)
            Compare("after the last step", [], withWatermarks: false);
        CompareLate();
    }

    private Dictionary<long, JsonElement> Entries(string name) =>
        _case.List(name).ToDictionary(entry => entry.Long("afterStep"));

    private void Step(JsonElement step, int index)
    {
        if (step.At("event") is { } item)
            Send(step, item, index);
        else if (step.At("watermark") is { } watermark)
            Advance(step, new EventTime(watermark.GetInt64()));
        else if (step.At("processingTime") is { } clock)
            _run.AdvanceClock(new EventTime(clock.GetInt64()));
        else if (step.True("snapshotRestore"))
            _run.CrashAndRestore();
        else
            throw new SkippedException($"not yet: the step {step}");
        _output.AddRange(_run.ReadNew(Item.Output));
    }

    private void Send(JsonElement step, JsonElement item, int index)
    {
        var sent = new Item(
            item.Text("key"), item.Long("value"), item.Long("ts", EventTime.None.Milliseconds));
        _keys.Add(sent.Key);
        bool expectsFailure = step.True("expectError") || item.True("expectError")
            || (_case.True("expectError") && sent.Ts == EventTime.None.Milliseconds);
        try
        {
            _run.Send(step.Text("side") == "right" ? JoinJob.Right : JoinJob.Left, sent);
        }
        catch (OperatorFailedException) when (expectsFailure || sent.Ts == EventTime.None.Milliseconds)
        {
            // An event without a timestamp is an error; nothing can follow it.
            expectsFailure = false;
        }

        if (expectsFailure)
            throw new MismatchException($"{_how}step {index}", "an error", "none");
    }

    // A step without a side is of both.
    private void Advance(JsonElement step, EventTime watermark)
    {
        EventTime before = Watermark;
        foreach (string side in (string[])["left", "right"])
        {
            if (step.At("side") is not null && step.Text("side") != side)
                continue;
            _run.AdvanceWatermark(side == "left" ? JoinJob.Left : JoinJob.Right, watermark);
            _watermarks[side] = EventTime.Max(_watermarks[side], watermark);
        }

        // An interval join gives nothing at a watermark: pairs stand before it and behind it.
        if (Watermark > before)
            _output.Add($"watermark {Watermark.Milliseconds}");
    }

    private void Compare(string where, IEnumerable<JsonElement> expected, bool withWatermarks)
    {
        IEnumerable<string> wanted = expected.Select(output => output.At("watermark") is { } watermark
            ? $"watermark {watermark.GetInt64()}"
            : $"{TimeOf(output, "left")} {TimeOf(output, "right")} at {output.Long("ts")}");
        IEnumerable<string> got = withWatermarks
            ? _output
            : _output.Where(line => !line.StartsWith("watermark", StringComparison.Ordinal));
        Expect(where, Parts(wanted), Parts(got));
        _output.Clear();
    }

    // A side of a pair is its timestamp, or an event with one.
    private static long TimeOf(JsonElement pair, string side) =>
        pair.At(side) is { ValueKind: JsonValueKind.Object } item ? item.Long("ts") : pair.Long(side);

    // Lines between two watermarks may come in any order.
    private static IEnumerable<string> Parts(IEnumerable<string> lines)
    {
        int part = 0;
        return
        [
            .. lines
                .Select(line => (Part: line.StartsWith('w') ? (part += 2) - 1 : part, line))
                .ToArray()
                .OrderBy(each => each.Part)
                .ThenBy(each => each.line, StringComparer.Ordinal)
                .Select(each => each.line),
        ];
    }

    private void CompareLate()
    {
        string[] wanted = [.. LateOfCase()];
        if (!_case.GetProperty("config").EnumerateObject().Any(IsLateOutput) && wanted.Length == 0)
            return;
        IEnumerable<string> got =
        [
            .. _run.Read(JoinJob.LateLeft).Select(item => $"left {item.Ts}"),
            .. _run.Read(JoinJob.LateRight).Select(item => $"right {item.Ts}"),
        ];
        bool bySide = wanted.All(late => !late.StartsWith('?'));
        Expect("late", Sorted(wanted), Sorted(bySide ? got : got.Select(late => $"? {late.Split(' ')[1]}")));
    }

    private static bool IsLateOutput(JsonProperty property) =>
        property.Name.Contains("late", StringComparison.OrdinalIgnoreCase)
        && property.Value.ValueKind is not (JsonValueKind.False or JsonValueKind.Null);

    // Late events stand in one list with their side, or in a list per side.
    private IEnumerable<string> LateOfCase()
    {
        foreach (JsonElement late in _case.List("lateOut"))
            yield return ShowLate(late, late.At("side")?.GetString());
        foreach (string side in (string[])["left", "right"])
        {
            string name = side == "left" ? "Left" : "Right";
            IEnumerable<JsonElement> lists = _case.List($"lateOut{name}")
                .Concat(_case.List($"{side}LateOut"))
                .Concat(_case.List($"late{name}"))
                .Concat(_case.At("lateOut")?.List(side) ?? []);
            foreach (JsonElement late in lists)
                yield return ShowLate(late, side);
        }
    }

    private static string ShowLate(JsonElement late, string? side)
    {
        if (late.ValueKind == JsonValueKind.Number)
            return $"{side ?? "?"} {late.GetInt64()}";
        foreach (string name in (string[])["left", "right"])
        {
            if (side is null && late.At(name) is not null)
                return $"{name} {TimeOf(late, name)}";
        }

        return $"{side ?? "?"} {(late.At("event") ?? late).Long("ts")}";
    }

    private void LookInside(int index, JsonElement buffers)
    {
        foreach (string side in (string[])["left", "right"])
        {
            if (buffers.At($"{side}Buffer") is null)
                continue;
            string wanted = string.Join(", ", buffers.List($"{side}Buffer").Select(time => time.GetInt64()).Order());
            string got = string.Join(", ", _keys.SelectMany(key => Held(key, side)).Order());
            if (wanted != got)
                InsideDifference ??= $"{_how}step {index}: the {side} buffer should hold [{wanted}] and holds [{got}]";
        }
    }

    private IEnumerable<long> Held(string key, string side) =>
        ((Item[]?)_run.Inspect("join", key)?.State.FirstOrDefault(state => state.Name == side)?.Value ?? [])
        .Select(item => item.Ts);

    private static IEnumerable<string> Sorted(IEnumerable<string> lines) => lines.Order(StringComparer.Ordinal);

    private void Expect(string where, IEnumerable<string> expected, IEnumerable<string> actual)
    {
        string wanted = string.Join("; ", expected);
        string got = string.Join("; ", actual);
        if (wanted != got)
            throw new MismatchException(_how + where, $"[{wanted}]", $"[{got}]");
    }
}

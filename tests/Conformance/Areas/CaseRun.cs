namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;

/// <summary>
/// Plays the steps of a case and compares what comes out. A watermark is in the output behind what it made due; of two
/// lines between watermarks, either may come first unless the case is exact.
/// </summary>
internal sealed class CaseRun
{
    private readonly JsonElement _case;
    private readonly JobHarness _run;
    private readonly List<string> _output = [];
    private readonly Func<JsonElement, string> _show;
    private EventTime _watermark = EventTime.MinValue;

    private CaseRun(JsonElement each, StreamJob job, Func<JsonElement, string> show, bool crash)
    {
        _case = each;
        _show = show;
        _run = new JobHarness(job, new HarnessOptions { CrashBetweenSteps = crash });
        _run.AdvanceClock(new EventTime(0));
    }

    /// <summary>Plays a case twice: as it stands, and with a restore after each step.</summary>
    public static void Play(JsonElement each, StreamJob job, Func<JsonElement, string> show, bool exact)
    {
        foreach (bool crash in (bool[])[false, true])
            new CaseRun(each, job, show, crash).Play(exact, crash ? "restored after each step, " : "");
    }

    private void Play(bool exact, string how)
    {
        JsonElement[] steps = [.. _case.List("steps")];
        var expected = _case.List("expected").ToDictionary(entry => entry.Long("afterStep"));
        for (int i = 0; i < steps.Length; i++)
        {
            Step(steps[i]);
            if (!expected.TryGetValue(i, out JsonElement entry))
                continue;
            Compare($"{how}step {i}", entry.List("out").Select(Show), exact);
            _output.Clear();
        }

        // Nothing says which watermarks follow the last output that a case looks at.
        _output.RemoveAll(line => line.StartsWith("watermark", StringComparison.Ordinal));
        Compare($"{how}after the last step", [], exact);
        if (_case.At("config")?.True("lateSideOutput") == true)
        {
            string[] late = [.. _run.Read(Item.Late).Select(item => $"{item.Key} {item.Value} at {item.Ts}")];
            const long none = long.MinValue;
            string[] wanted =
            [
                .. _case.List("lateOut").Select(item => $"{item.Text("key")} {item.Long("value")} at {item.Long("ts", none)}"),
            ];
            Expect($"{how}late", wanted.Order(StringComparer.Ordinal), late.Order(StringComparer.Ordinal));
        }
    }

    private void Step(JsonElement step)
    {
        if (step.At("event") is { } item)
            _run.Send(
                Item.Input, new Item(item.Text("key"), item.Long("value"), item.Long("ts", EventTime.None.Milliseconds)));
        else if (step.At("watermark") is { } watermark)
            _run.AdvanceWatermark(new EventTime(watermark.GetInt64()));
        else if (step.At("processingTime") is { } clock)
            _run.AdvanceClock(new EventTime(clock.GetInt64()));
        else if (step.True("snapshotRestore"))
            _run.CrashAndRestore();
        else
            throw new SkippedException($"not yet: the step {step}");
        _output.AddRange(_run.ReadNew(Item.Output));
        if (step.Long("watermark", long.MinValue) <= _watermark.Milliseconds)
            return;
        _watermark = new EventTime(step.Long("watermark"));
        _output.Add($"watermark {_watermark.Milliseconds}");
    }

    private string Show(JsonElement output) =>
        output.At("watermark") is { } watermark ? $"watermark {watermark.GetInt64()}" : _show(output);

    private void Compare(string where, IEnumerable<string> expected, bool exact) => Expect(
        where, exact ? expected : Ordered(expected), exact ? _output : Ordered(_output));

    // Orders the lines between two watermarks.
    private static IEnumerable<string> Ordered(IEnumerable<string> lines)
    {
        int part = 0;
        return lines
            .Select(line => (Part: line.StartsWith("watermark", StringComparison.Ordinal) ? (part += 2) - 1 : part, line))
            .ToArray()
            .OrderBy(each => each.Part)
            .ThenBy(each => each.line, StringComparer.Ordinal)
            .Select(each => each.line);
    }

    private static void Expect(string where, IEnumerable<string> expected, IEnumerable<string> actual)
    {
        string wanted = string.Join("; ", expected);
        string got = string.Join("; ", actual);
        if (wanted != got)
            throw new MismatchException(where, $"[{wanted}]", $"[{got}]");
    }
}

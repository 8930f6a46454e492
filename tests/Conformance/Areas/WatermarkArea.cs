namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Time;

/// <summary>Generators, idleness and the merge of inputs.</summary>
internal sealed class WatermarkArea : Area
{
    public override void Run(JsonElement each)
    {
        JsonElement config = each.GetProperty("config");
        JsonElement[] steps = [.. each.List("steps")];
        if (config.Text("kind") == "perPartitionMerge")
            throw NotYet("partitions that come and go inside one source");
        if (config.Text("kind") == "multiInputWatermark")
            MergeInputs((int)config.Long("channels"), steps);
        else if (config.At("strategy") is not null)
            Generate(config, steps);
        else
            Idle(config, steps);
    }

    private static void Generate(JsonElement config, JsonElement[] steps)
    {
        WatermarkStrategy strategy = config.Text("strategy") switch
        {
            "boundedOutOfOrderness" => Watermarks.Bounded(Json.Span(config.Long("bound"))),
            "ascending" => Watermarks.Monotonous(),
            var other => throw NotYet($"the watermark strategy {other}"),
        };
        WatermarkGenerator generator = strategy.Generator();
        EventTime emitted = EventTime.MinValue;
        for (int i = 0; i < steps.Length; i++)
        {
            if (steps[i].At("eventTs") is { } time)
                generator.OnEvent(new EventTime(time.GetInt64()));
            if (!steps[i].True("periodicEmit"))
                continue;
            emitted = EventTime.Max(emitted, generator.Current);
            if (steps[i].At("expectWatermark") is { } expected)
                Expect($"step {i}, watermark", expected.GetInt64(), emitted.Milliseconds);
        }
    }

    private static void Idle(JsonElement config, JsonElement[] steps)
    {
        var timer = new IdlenessTimer(config.Long("idleTimeout"));
        long now = 0;
        for (int i = 0; i < steps.Length; i++)
        {
            JsonElement step = steps[i];
            now += step.Long("advanceClock");
            if (step.At("construct") is { } construct)
                Expect($"step {i}, refused", step.True("expectError"), IsRefused(construct.Long("idleTimeout")));
            if (step.At("activity") is not null)
                timer.OnActivity();
            if (step.At("checkIdle") is not { } expected)
                continue;
            bool idle = timer.Check(new EventTime(now));
            if (expected.ValueKind != JsonValueKind.Null)
                Expect($"step {i}, idle", expected.GetBoolean(), idle);
        }
    }

    private static bool IsRefused(long timeout)
    {
        try
        {
            Watermarks.Bounded(TimeSpan.Zero, Json.Span(timeout));
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private static void MergeInputs(int channels, JsonElement[] steps)
    {
        var merge = new WatermarkMerge(channels);
        var output = new Queue<string>();
        for (int i = 0; i < steps.Length; i++)
        {
            JsonElement step = steps[i];
            if (step.At("channel") is { } channel)
                Change(merge, channel.GetInt32(), step, output);
            if (step.At("assertNextOutput") is { } next)
                Expect($"step {i}, next output", Show(next), output.TryDequeue(out string? got) ? got : "nothing");
            if (step.True("assertNoMoreOutput"))
                Expect($"step {i}, more output", "", string.Join(", ", output));
            if (step.At("assertChannel") is { } asserted)
                Check($"step {i}", merge, asserted.GetInt32(), step);
        }
    }

    private static void Change(WatermarkMerge merge, int channel, JsonElement step, Queue<string> output)
    {
        bool wasIdle = merge.IsIdle;
        bool rose = step.At("watermark") is { } watermark
            ? merge.Advance(channel, new EventTime(watermark.GetInt64()))
            : merge.SetIdle(channel, step.Text("status") == "IDLE");
        if (rose)
            output.Enqueue($"watermark {merge.Watermark.Milliseconds}");
        if (wasIdle != merge.IsIdle)
            output.Enqueue(merge.IsIdle ? "IDLE" : "ACTIVE");
    }

    private static void Check(string where, WatermarkMerge merge, int channel, JsonElement step)
    {
        if (step.At("watermark") is { } watermark)
            Expect($"{where}, channel", watermark.GetInt64(), merge.ChannelWatermark(channel).Milliseconds);
        if (step.At("isWatermarkAligned") is { } aligned)
            Expect($"{where}, aligned", aligned.GetBoolean(), merge.IsChannelAligned(channel));
        if (step.At("status") is { } status)
            Expect($"{where}, status", status.GetString(), merge.IsChannelIdle(channel) ? "IDLE" : "ACTIVE");
    }

    private static string Show(JsonElement output) =>
        output.At("watermark") is { } watermark ? $"watermark {watermark.GetInt64()}" : output.Text("status");
}

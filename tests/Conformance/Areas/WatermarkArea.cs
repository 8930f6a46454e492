namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>Generators, idleness, the merge of splits inside a source, and the merge of inputs.</summary>
internal sealed class WatermarkArea : Area
{
    public override void Run(JsonElement each)
    {
        JsonElement config = each.GetProperty("config");
        JsonElement[] steps = [.. each.List("steps")];
        if (config.Text("kind") == "perPartitionMerge")
            MergeSplits(steps);
        else if (config.Text("kind") == "multiInputWatermark")
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
            "noWatermarks" => Watermarks.None(),
            var other => throw NotYet($"the watermark strategy {other}"),
        };
        var partition = new PartitionWatermarks(strategy.Generator);
        for (int i = 0; i < steps.Length; i++)
        {
            if (steps[i].True("snapshotRestore"))
            {
                EventTime before = partition.Watermark;
                partition = Restore(
                    new PartitionWatermarks(strategy.Generator), partition.Write, (made, bytes) => made.Read(bytes));
                partition.Follow(before, EventTime.MinValue);
            }

            if (steps[i].At("eventTs") is { } time)
                partition.OnEvent(new EventTime(time.GetInt64()));
            if (!steps[i].True("periodicEmit"))
                continue;
            partition.OnBatchEnd();
            if (steps[i].At("expectWatermark") is { } expected)
                Expect($"step {i}, watermark", expected.GetInt64(), partition.Watermark.Milliseconds);
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
                Expect($"step {i}, refused", step.True("expectError"), IsRefused(construct));
            if (step.True("snapshotRestore"))
                timer = Restore(
                    new IdlenessTimer(config.Long("idleTimeout")), timer.Write, (made, bytes) => made.Read(bytes));
            if (step.At("activity") is not null)
                timer.OnActivity();
            if (step.At("checkIdle") is not { } expected)
                continue;
            bool idle = timer.Check(new EventTime(now));
            if (expected.ValueKind != JsonValueKind.Null)
                Expect($"step {i}, idle", expected.GetBoolean(), idle);
        }
    }

    private static bool IsRefused(JsonElement construct)
    {
        try
        {
            TimeSpan? idleAfter = construct.At("idleTimeout") is { } timeout ? Json.Span(timeout.GetInt64()) : null;
            Watermarks.Bounded(Json.Span(construct.Long("bound")), idleAfter);
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private static void MergeSplits(JsonElement[] steps)
    {
        var splits = new SplitWatermarks();
        for (int i = 0; i < steps.Length; i++)
        {
            JsonElement step = steps[i];
            if (step.At("register") is { } added)
                splits.Register(added.ToString());
            if (step.At("unregister") is { } removed)
                splits.Unregister(removed.ToString());
            if (step.At("output") is { } output)
                State(splits, output.ToString(), step);
            if (step.True("periodicEmit"))
                splits.Combine();
            if (step.True("snapshotRestore"))
                splits = Restore(new SplitWatermarks(), splits.Write, (made, bytes) => made.Read(bytes));
            if (step.At("assertCombined") is { } combined)
                Expect($"step {i}, combined", combined.ToString(), Shown(splits.Watermark));
            if (step.At("assertIdle") is { } idle)
                Expect($"step {i}, idle", idle.GetBoolean(), splits.IsIdle);
        }
    }

    private static void State(SplitWatermarks splits, string split, JsonElement step)
    {
        bool later = step.Text("mode") == "deferred";
        if (step.At("emit") is { } watermark)
        {
            var time = new EventTime(watermark.GetInt64());
            if (later)
                splits.AdvanceLater(split, time);
            else
                splits.Advance(split, time);
        }

        if (!step.True("idle"))
            return;
        if (later)
            splits.MarkIdleLater(split);
        else
            splits.MarkIdle(split);
    }

    private static T Restore<T>(T made, Action<ByteWriter> write, Action<T, ByteReader> read)
    {
        var writer = new ByteWriter();
        write(writer);
        read(made, new ByteReader(writer.ToArray()));
        return made;
    }

    // A watermark that has not been given yet is null in the cases, which reads as nothing.
    private static string Shown(EventTime watermark) => watermark.HasValue ? $"{watermark.Milliseconds}" : "";

    private static void MergeInputs(int channels, JsonElement[] steps)
    {
        var merge = new WatermarkMerge(channels);
        var output = new Queue<string>();
        for (int i = 0; i < steps.Length; i++)
        {
            JsonElement step = steps[i];
            if (step.True("snapshotRestore"))
                merge = Restore(new WatermarkMerge(channels), merge.Write, (made, bytes) => made.Read(bytes));
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

namespace Weir.Engine.Tests.Time;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>
/// Tables of (split, what happens, merged watermark, whether the whole is idle). "+" registers, "-" removes, "later 5"
/// waits for "combine"; everything is written and read back after each row.
/// </summary>
public sealed class SplitWatermarksTests
{
    [Fact]
    public void Merged_IsTheMinimumOfTheActive_AndNeverFalls() => Check(
        ("a", "+", "none", false), ("b", "+", "none", false), ("a", "5", "none", false), ("b", "2", "2", false),
        ("b", "1", "2", false), ("b", "idle", "5", false), ("b", "3", "5", false), ("a", "9", "5", false),
        ("b", "7", "7", false), ("c", "+", "7", false), ("a", "20", "7", false), ("c", "8", "7", false),
        ("b", "30", "8", false));

    [Fact]
    public void AllIdle_GivesTheMaximum_AndTheWholeIsIdle() => Check(
        ("a", "+", "none", false), ("b", "+", "none", false), ("a", "5", "none", false), ("b", "2", "2", false),
        ("a", "idle", "2", false), ("b", "idle", "5", true), ("b", "3", "5", false), ("b", "idle", "5", true),
        ("a", "6", "6", false));

    [Fact]
    public void WhatIsStatedLater_CountsWithTheNextStatement() => Check(
        ("a", "+", "none", false), ("b", "+", "none", false), ("b", "later 5", "none", false), ("a", "2", "2", false),
        ("a", "later 7", "2", false), ("a", "combine", "5", false), ("a", "later idle", "5", false),
        ("b", "later idle", "5", false), ("b", "combine", "7", true));

    [Fact]
    public void ALowerStatementAtOnce_ComputesNothing() => Check(
        ("a", "+", "none", false), ("a", "later 5", "none", false), ("a", "2", "none", false),
        ("a", "combine", "5", false));

    [Fact]
    public void ToRemoveASplit_IsNoticedByTheNextStatement() => Check(
        ("low", "+", "none", false), ("high", "+", "none", false), ("low", "2", "none", false),
        ("high", "5", "2", false), ("low", "-", "2", false), ("high", "5", "2", false), ("", "combine", "5", false),
        ("high", "-", "5", false), ("", "combine", "5", false));

    [Fact]
    public void WithoutSplits_NothingIsSaid() => Check(
        ("", "combine", "none", false), ("a", "+", "none", false), ("a", "idle", "none", true),
        ("a", "-", "none", true), ("", "combine", "none", true));

    [Fact]
    public void Names_AreUnique_AndMustBeKnown()
    {
        var splits = new SplitWatermarks();
        splits.Register("a");
        Assert.Contains("'a'", Assert.Throws<ArgumentException>(() => splits.Register("a")).Message);
        Assert.Contains("'b'", Assert.Throws<ArgumentException>(() => splits.Advance("b", new EventTime(1))).Message);
        Assert.Equal((1, true, false), (splits.Count, splits.Contains("a"), splits.Unregister("b")));
        Assert.True(splits.Unregister("a"));
        Assert.Equal(0, splits.Count);
    }

    [Fact]
    public void DamagedBytes_AreNoSplits()
    {
        var writer = new ByteWriter();
        writer.WriteSigned(5);
        writer.WriteBool(false);
        writer.WriteVarint(2);
        for (int i = 0; i < 2; i++)
        {
            writer.WriteString("twice");
            writer.WriteSigned(5);
            writer.WriteBool(false);
        }

        Assert.Throws<CorruptDataException>(() => new SplitWatermarks().Read(new ByteReader(writer.ToArray())));
    }

    [Fact]
    public void AnySeries_KeepsTheInvariant_AndEqualStatesHaveEqualBytes() => Gen
        .Select(Gen.Int[0, 3], Gen.Int[-4, 20])
        .Array[1, 60]
        .Sample(
            steps =>
            {
                var splits = new SplitWatermarks();
                var times = new Dictionary<string, (long Time, bool IsIdle)>();
                foreach ((int split, int step) in steps)
                {
                    EventTime before = splits.Watermark;
                    Model(splits, times, $"s{split}", step);
                    splits.Combine();
                    long[] active = [.. times.Values.Where(each => !each.IsIdle).Select(each => each.Time)];
                    long merged = times.Count == 0 ? long.MinValue
                        : active.Length > 0 ? active.Min()
                        : times.Values.Max(each => each.Time);
                    Assert.Equal(Math.Max(before.Milliseconds, merged), splits.Watermark.Milliseconds);
                    Assert.Equal(Bytes(splits), Bytes(Restore(splits)));
                }
            },
            iter: 200);

    private static void Model(
        SplitWatermarks splits, Dictionary<string, (long Time, bool IsIdle)> times, string split, int step)
    {
        if (!times.TryGetValue(split, out (long Time, bool IsIdle) known))
        {
            splits.Register(split);
            times[split] = (long.MinValue, false);
        }
        else if (step < -2)
        {
            splits.Unregister(split);
            times.Remove(split);
        }
        else if (step < 0)
        {
            splits.MarkIdleLater(split);
            times[split] = known with { IsIdle = true };
        }
        else
        {
            splits.AdvanceLater(split, new EventTime(step));
            times[split] = (Math.Max(known.Time, step), false);
        }
    }

    private static void Check(params (string Split, string Step, string Merged, bool Idle)[] table)
    {
        var splits = new SplitWatermarks();
        var actual = table.Select(row =>
        {
            EventTime before = splits.Watermark;
            bool rose = Do(splits, row.Split, row.Step);
            Assert.Equal(splits.Watermark > before, rose);
            splits = Restore(splits);
            string merged = splits.Watermark.HasValue ? $"{splits.Watermark.Milliseconds}" : "none";
            return (row.Split, row.Step, merged, splits.IsIdle);
        }).ToArray();
        Assert.Equal(table, actual);
    }

    private static bool Do(SplitWatermarks splits, string split, string step)
    {
        switch (step)
        {
            case "+":
                splits.Register(split);
                return false;
            case "-":
                splits.Unregister(split);
                return false;
            case "later idle":
                splits.MarkIdleLater(split);
                return false;
            case "idle":
                return splits.MarkIdle(split);
            case "combine":
                return splits.Combine();
        }

        if (!step.StartsWith("later ", StringComparison.Ordinal))
            return splits.Advance(split, new EventTime(int.Parse(step, null)));
        splits.AdvanceLater(split, new EventTime(int.Parse(step["later ".Length..], null)));
        return false;
    }

    private static byte[] Bytes(SplitWatermarks splits)
    {
        var writer = new ByteWriter();
        splits.Write(writer);
        return writer.ToArray();
    }

    private static SplitWatermarks Restore(SplitWatermarks splits)
    {
        var restored = new SplitWatermarks();
        restored.Read(new ByteReader(Bytes(splits)));
        return restored;
    }
}

namespace Weir.Engine.Tests.Time;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>Tables of (channel, what happens, merged watermark, whether all are idle).</summary>
public sealed class WatermarkMergeTests
{
    [Fact]
    public void Merged_IsTheMinimum_AndNeverFalls() => Check(
        3,
        (0, "12", "none", false), (1, "10", "none", false), (2, "15", "10", false), (1, "9", "10", false),
        (1, "11", "11", false), (1, "20", "12", false), (0, "12", "12", false), (0, "30", "15", false));

    [Fact]
    public void AnIdleChannel_DoesNotHoldBack_AndItsWatermarksAreIgnored() => Check(
        3,
        (0, "12", "none", false), (1, "10", "none", false), (2, "15", "10", false),
        (1, "idle", "12", false), (1, "100", "12", false), (0, "14", "14", false));

    [Fact]
    public void AChannelThatComesBack_CountsOnceItHasCaughtUp() => Check(
        2,
        (0, "5", "none", false), (1, "idle", "5", false), (0, "20", "20", false),
        (1, "active", "20", false), (1, "10", "20", false), (0, "30", "30", false),
        (1, "30", "30", false), (0, "40", "30", false), (1, "35", "35", false));

    [Fact]
    public void AChannelThatComesBackAhead_CountsAtOnce() => Check(
        2,
        (0, "10", "none", false), (1, "20", "10", false), (1, "idle", "10", false), (1, "active", "10", false),
        (0, "50", "20", false), (1, "21", "21", false));

    [Fact]
    public void TheLastToGoIdle_FlushesTheMaximum() => Check(
        2,
        (0, "10", "none", false), (1, "20", "10", false), (1, "idle", "10", false), (0, "idle", "20", true),
        (0, "active", "20", false), (0, "15", "20", false), (0, "21", "21", false));

    [Fact]
    public void TheLastToGoIdle_FlushesNothing_IfItWasNotTheMinimum() => Check(
        2,
        (0, "10", "none", false), (1, "30", "10", false), (0, "idle", "30", false), (0, "active", "30", false),
        (1, "idle", "30", false), (0, "idle", "30", true));

    [Fact]
    public void OneChannel_IsPassedOn() => Check(
        1, (0, "5", "5", false), (0, "5", "5", false), (0, "idle", "5", true), (0, "7", "5", true),
        (0, "active", "5", false), (0, "7", "7", false));

    [Fact]
    public void Channels_AreSeenOneByOne()
    {
        var merge = new WatermarkMerge(2);
        merge.Advance(0, new EventTime(20));
        merge.Advance(1, new EventTime(10));
        merge.SetIdle(1, idle: true);
        merge.SetIdle(1, idle: false);
        Assert.Equal((2, new EventTime(10)), (merge.Count, merge.ChannelWatermark(1)));
        Assert.False(merge.IsChannelIdle(1));
        Assert.False(merge.IsChannelAligned(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WatermarkMerge(0));
    }

    [Fact]
    public void Restored_GoesOnAlike() => Gen
        .Select(Gen.Int[0, 2], Gen.Int[-2, 20])
        .Array[1, 40]
        .Sample(
            steps =>
            {
                var whole = new WatermarkMerge(3);
                var parts = new WatermarkMerge(3);
                foreach ((int channel, int step) in steps)
                {
                    EventTime before = whole.Watermark;
                    Assert.Equal(Do(whole, channel, step), Do(parts, channel, step));
                    Assert.True(whole.Watermark >= before);
                    parts = Restore(parts);
                    Assert.Equal((whole.Watermark, whole.IsIdle), (parts.Watermark, parts.IsIdle));
                }
            },
            iter: 200);

    [Fact]
    public void AnotherNumberOfChannels_IsCorrupt()
    {
        var writer = new ByteWriter();
        new WatermarkMerge(2).Write(writer);
        Assert.Throws<CorruptDataException>(() => new WatermarkMerge(3).Read(new ByteReader(writer.ToArray())));
    }

    private static void Check(int channels, params (int Channel, string Step, string Merged, bool Idle)[] table)
    {
        var merge = new WatermarkMerge(channels);
        var actual = table.Select(row =>
        {
            if (row.Step is "idle" or "active")
                merge.SetIdle(row.Channel, row.Step == "idle");
            else
                merge.Advance(row.Channel, new EventTime(int.Parse(row.Step, null)));
            merge = Restore(merge);
            string merged = merge.Watermark.HasValue ? $"{merge.Watermark.Milliseconds}" : "none";
            return (row.Channel, row.Step, merged, merge.IsIdle);
        }).ToArray();
        Assert.Equal(table, actual);
    }

    private static bool Do(WatermarkMerge merge, int channel, int step) =>
        step < 0 ? merge.SetIdle(channel, step == -1) : merge.Advance(channel, new EventTime(step));

    private static WatermarkMerge Restore(WatermarkMerge merge)
    {
        var writer = new ByteWriter();
        merge.Write(writer);
        var restored = new WatermarkMerge(merge.Count);
        restored.Read(new ByteReader(writer.ToArray()));
        return restored;
    }
}

namespace Weir.Engine.Tests.Time;

using System.Globalization;
using CsCheck;
using Weir.Engine.Time;
using Weir.Engine.Windows;

public sealed class EventTimeTests
{
    [Fact]
    public void Arithmetic_SaturatesAtTheLimits() => Gen
        .Select(Gen.OneOf(Gen.Long, Gen.OneOf(long.MinValue, long.MaxValue, 0L, -1L)), Gen.Long)
        .Sample((time, span) =>
        {
            Int128 sum = (Int128)time + span;
            Int128 difference = (Int128)time - span;
            Assert.Equal(Clamp(sum), new EventTime(time).Plus(span).Milliseconds);
            Assert.Equal(Clamp(difference), new EventTime(time).Minus(span).Milliseconds);
        });

    [Theory]
    [InlineData(long.MinValue, 0, 0)]
    [InlineData(long.MinValue, -1, long.MaxValue)]
    [InlineData(long.MinValue, 5, long.MaxValue)]
    public void MinusTheLowest_SaturatesToo(long span, long time, long expected) =>
        Assert.Equal(time < 0 ? expected : long.MaxValue, new EventTime(time).Minus(span).Milliseconds);

    [Fact]
    public void DatesBefore1970_AreRoundedDown_LikeAllOthers()
    {
        var early = new DateTime(1969, 12, 31, 23, 59, 59, DateTimeKind.Utc).AddTicks(9_999_999);
        Assert.Equal(new EventTime(-1), EventTime.From(early));
        Assert.Equal(EventTime.From(new DateTimeOffset(early)), EventTime.From(early));
        Assert.Equal(new EventTime(0), EventTime.From(new DateTime(1970, 1, 1)));
        Assert.Equal(DateTimeOffset.UnixEpoch, new EventTime(0).ToDateTimeOffset());
    }

    [Fact]
    public void Text_IsIso8601()
    {
        Assert.Equal("1970-01-01T00:00:01.500Z", new EventTime(1500).ToString());
        Assert.Equal(("none", "end"), (EventTime.None.ToString(), EventTime.MaxValue.ToString()));
        Assert.Equal("[none, end)", TimeRange.All.ToString());
    }

    [Fact]
    public void Text_OfAnyTime_IsThatOfItsDate() =>
        Gen.Long[-62_135_596_800_000, 253_402_300_799_999].Sample(time =>
            new EventTime(time).ToString() == DateTimeOffset.FromUnixTimeMilliseconds(time).UtcDateTime.ToString(
                "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    [Fact]
    public void Distance_IsClamped()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(5), new EventTime(3) - new EventTime(-2));
        Assert.True(EventTime.MaxValue - EventTime.MinValue > TimeSpan.FromDays(10_000_000));
    }

    [Theory]
    [InlineData(61_000, 60_000, 0, 60_000)]
    [InlineData(-1_000, 60_000, 0, -60_000)]
    [InlineData(0, 60_000, 0, 0)]
    [InlineData(5, 10, 7, -3)]
    [InlineData(5, 10, -7, 3)]
    [InlineData(long.MinValue + 1, 10, 0, long.MinValue)]
    public void WindowStart_IsTheFloor(long time, long size, long offset, long start) =>
        Assert.Equal(start, WindowAssigner.StartOf(new EventTime(time), size, offset).Milliseconds);

    [Fact]
    public void Ranges_TouchAndCover()
    {
        var first = Reading.Range(10, 20);
        Assert.True(first.Intersects(Reading.Range(20, 30)));
        Assert.False(first.Intersects(Reading.Range(21, 30)));
        Assert.Equal(Reading.Range(5, 20), first.Cover(Reading.Range(5, 12)));
        Assert.Equal(19, first.MaxTimestamp.Milliseconds);
        Assert.Equal(EventTime.MaxValue, TimeRange.All.MaxTimestamp);
    }

    private static long Clamp(Int128 value) => (long)Int128.Clamp(value, long.MinValue, long.MaxValue);
}

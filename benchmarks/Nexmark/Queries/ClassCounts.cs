namespace Weir.Benchmarks.Nexmark.Queries;

using System.Globalization;
using Weir.Benchmarks.Nexmark.Oracle;
using Weir.Engine.Time;

/// <summary>The three classes of prices: below 10 000, below a million, and the rest.</summary>
public static class PriceClass
{
    /// <summary>0, 1 or 2.</summary>
    public static int Of(long price) => price switch
    {
        < 10_000 => 0,
        < 1_000_000 => 1,
        _ => 2,
    };
}

/// <summary>A count in all and by class of price.</summary>
public readonly record struct ClassCounts(long All, long Low, long Middle, long High)
{
    /// <summary>One more of a class.</summary>
    public ClassCounts With(int priceClass) => Add(1, priceClass);

    /// <summary>One more of a class, if that is not among the classes in which it was counted before, as bits.</summary>
    public ClassCounts WithDistinct(int priceClass, int before) =>
        (before & (1 << priceClass)) != 0 ? this : Add(before == 0 ? 1 : 0, priceClass);

    internal static string Sql(string counted) => $"""
        count({counted}), count({counted}) FILTER (price < 10000),
        count({counted}) FILTER (price >= 10000 AND price < 1000000), count({counted}) FILTER (price >= 1000000)
        """;

    internal void Write(ResultRow row) => row.Add(All).Add(Low).Add(Middle).Add(High);

    private ClassCounts Add(int all, int priceClass) => new(
        All + all,
        Low + (priceClass == 0 ? 1 : 0),
        Middle + (priceClass == 1 ? 1 : 0),
        High + (priceClass == 2 ? 1 : 0));
}

/// <summary>Days since 1970, UTC.</summary>
public static class Days
{
    private const long Milliseconds = 86_400_000;

    /// <summary>The day of a time after 1970.</summary>
    public static long Of(EventTime time) => time.Milliseconds / Milliseconds;

    /// <summary>As in 2026-07-14.</summary>
    public static string Text(long day) =>
        new EventTime(day * Milliseconds).ToDateTimeOffset().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

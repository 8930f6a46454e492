namespace Weir.Fuzz.Samples;

using Weir.Engine.Time;

public enum Colour : byte
{
    Red,
    Green,
}

public enum Distance : long
{
    Near,
    Far = long.MaxValue,
}

/// <summary>Copied as it is: it has no padding.</summary>
public readonly record struct Point(long X, long Y);

/// <summary>Copied as it is, and large for its count in a collection.</summary>
public readonly record struct Wide(Point A, Point B, Point C, Point D, Point E, Point F, Point G, Point H);

/// <summary>Written by members, in a byte each when they are small: much larger in memory than in bytes.</summary>
public readonly record struct Packed(string? Name, long A, long B, long C, long D, decimal E, Guid? F, bool G);

public sealed record Numbers(
    bool Flag, byte Level, sbyte Degrees, short Year, ushort Port, int Count, uint Serial, long Balance, ulong Total)
{
    public char Letter { get; set; }

    public float Ratio { get; set; }

    public double Size { get; set; }

    public decimal Price { get; set; }

    public static readonly Numbers[] Some =
    [
        new(true, 1, -2, -300, 400, -70_000, 80_000, -9_000_000_000, 10_000_000_000)
        {
            Letter = 'w', Ratio = 1.5f, Size = -2.25, Price = 3.14m,
        },
        new(false, 255, sbyte.MinValue, short.MinValue, ushort.MaxValue, int.MinValue, uint.MaxValue, long.MinValue, 0)
        {
            Letter = '\uffff', Ratio = float.NaN, Size = double.PositiveInfinity, Price = decimal.MinValue,
        },
    ];
}

public sealed record Instants(
    TimeSpan Span, DateOnly Date, TimeOnly Time, DateTime Moment, DateTimeOffset Offset, EventTime Event, TimeRange Range)
{
    public static readonly Instants[] Some =
    [
        new(
            TimeSpan.FromHours(-3),
            new DateOnly(2024, 2, 29),
            new TimeOnly(23, 59, 59),
            new DateTime(2024, 2, 29, 1, 2, 3, DateTimeKind.Utc),
            new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromHours(5.5)),
            new EventTime(1_700_000_000_000),
            new TimeRange(new EventTime(-60_000), new EventTime(60_000))),
    ];
}

public sealed record Texts(string Text, string? Missing, byte[] Bytes, Guid Id, Colour Colour, Distance Distance)
{
    public static readonly Texts[] Some =
    [
        new("a \u00e9 \u4e16 \ud83d\ude00", null, [1, 2, 3, 0xFF], Guid.AllBitsSet, Colour.Green, Distance.Far),
        new("", "there", [], Guid.Empty, Colour.Red, Distance.Near),
        new(new string('x', 200), "\ud800 alone", new byte[40], Guid.AllBitsSet, (Colour)77, (Distance)(-1)),
    ];
}

public sealed record Optional(int? Number, Point? Point, Colour? Colour, DateTime? Moment, Packed? Packed, bool? Flag)
{
    public static readonly Optional[] Some =
    [
        new(
            1,
            new Point(2, 3),
            Samples.Colour.Green,
            DateTime.UnixEpoch,
            new Packed("p", 1, 2, 3, 4, 5m, Guid.Empty, true),
            false),
        new(null, null, null, null, null, null),
    ];
}

public sealed record Collections(int[] Ints, List<string> Strings, HashSet<long> Set, Dictionary<string, int> Map)
{
    public Wide[] Wides { get; set; } = [];

    public List<Packed> Packs { get; set; } = [];

    public HashSet<Wide> WideSet { get; set; } = [];

    public Dictionary<Guid, Packed> PackedMap { get; set; } = [];

    public int[][] Jagged { get; set; } = [];

    public List<List<List<byte[]>>> Deep { get; set; } = [];

    public static readonly Collections[] Some =
    [
        new([1, 2, 3], ["a", "b"], [1, 2, 3], new() { ["a"] = 1, ["b"] = 2 })
        {
            Wides = [default, new Wide(new Point(1, 2), default, default, default, default, default, default, default)],
            Packs = [new Packed("x", 1, 2, 3, 4, 5m, null, true), default],
            WideSet = [default],
            PackedMap = new() { [Guid.Empty] = default },
            Jagged = [[1, 2], [], [3]],
            Deep = [[[[1], [2, 3]], []], []],
        },
        new(Enumerable.Range(0, 40).ToArray(), [], [], []),
    ];
}

public sealed record Leaf(string Name, Point At, Colour? Colour, List<int> Numbers);

public sealed record Tree(
    Leaf Left, Leaf? Right, List<Leaf> Leaves, (string Name, long Count) Pair, Dictionary<string, Leaf> Named)
{
    public static readonly Tree[] Some =
    [
        new(
            new Leaf("l", new Point(1, 2), null, [1]),
            null,
            [new Leaf("m", default, Colour.Green, []), new Leaf("n", default, null, [1, 2, 3])],
            ("pair", 7),
            new() { ["k"] = new Leaf("o", new Point(-1, long.MaxValue), null, []) }),
    ];
}

/// <summary>Written by Orleans.</summary>
[GenerateSerializer]
[Alias("Weir.Fuzz.Parcel")]
public sealed class Parcel
{
    [Id(0)]
    public string Name { get; set; } = "";

    [Id(1)]
    public List<long> Weights { get; set; } = [];

    [Id(2)]
    public Dictionary<string, byte[]> Labels { get; set; } = [];

    [Id(3)]
    public Parcel? Inner { get; set; }

    [Id(4)]
    public EventTime At { get; set; }

    public static readonly Parcel[] Some =
    [
        new() { Name = "outer", Weights = [1, 2, 3], Labels = new() { ["a"] = [1, 2] }, Inner = new() { Name = "in" } },
        new(),
    ];
}

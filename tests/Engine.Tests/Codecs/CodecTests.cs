namespace Weir.Engine.Tests.Codecs;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;

public enum Colour : short
{
    Red = -1,
    Green = 300,
}

public sealed record Address(string? Street, int? Number);

public sealed record Person(string Name, Address? Home, Colour Eyes, List<Address?> Others)
{
    public decimal Balance { get; init; }
}

public readonly record struct Filled(long Low, long High);

public readonly record struct Large(Filled A, Filled B, Filled C, Filled D, Filled E, Filled F, Filled G, Filled H);

public readonly record struct Padded(long Wide, byte Narrow, bool Flag);

internal sealed class Settable
{
    public int Number { get; set; }

    public string? Text { get; set; }

    public double Field;
}

public sealed class CodecTests
{
    private static readonly CodecRegistry Codecs = new();

    // A char at a time: halves of surrogate pairs stand alone most of the time.
    private static readonly Gen<string> AnyText = Gen.Char.Array[0, 20].Select(text => new string(text));
    private static readonly Gen<string?> Text = Gen.OneOf<string?>(AnyText, Gen.String, Gen.Const((string?)null));

    private static readonly Gen<Address?> Addresses = Gen.Select(Text, Gen.Int, Gen.Int[0, 3], (street, number, kind) =>
        kind == 0 ? null : new Address(street, kind == 1 ? null : number));

    [Fact]
    public void Numbers_RoundTrip()
    {
        RoundTrip(Gen.Bool);
        RoundTrip(Gen.Byte);
        RoundTrip(Gen.SByte);
        RoundTrip(Gen.Short);
        RoundTrip(Gen.UShort);
        RoundTrip(Gen.Int);
        RoundTrip(Gen.UInt);
        RoundTrip(Gen.Long);
        RoundTrip(Gen.ULong);
        RoundTrip(Gen.Char);
        RoundTrip(Gen.Float);
        RoundTrip(Gen.Double);
        RoundTrip(Gen.Decimal);
        RoundTrip(Gen.Int128);
    }

    [Fact]
    public void TimesAndIds_RoundTrip()
    {
        RoundTrip(Gen.Guid);
        RoundTrip(Gen.TimeSpan);
        RoundTrip(Gen.DateOnly);
        RoundTrip(Gen.TimeOnly);
        RoundTrip(Gen.DateTime);
        RoundTrip(Gen.DateTimeOffset);
        RoundTrip(Gen.Long.Select(at => new EventTime(at)));
        RoundTrip(Gen.Select(Gen.Long, Gen.Long, Reading.Range));
        RoundTrip(Gen.OneOf(Colour.Red, Colour.Green, (Colour)7));
    }

    [Fact]
    public void TextNullsAndRecords_RoundTrip()
    {
        RoundTrip(Text);
        RoundTrip(Addresses);
        RoundTrip(Gen.Int.Nullable());
        RoundTrip(Gen.Select(Text, Gen.Int));
        RoundTrip(Gen.Select(Gen.Long, Gen.Long, (low, high) => new Filled(low, high)));
        RoundTrip(Gen.Select(Gen.Long, Gen.Byte, Gen.Bool, (wide, narrow, flag) => new Padded(wide, narrow, flag)));
        RoundTrip(Gen.Select(Gen.String, Gen.Long, (key, value) =>
            new Windowed<string, long>(key, TimeRange.All, value)));
        RoundTrip(Gen.Select(Gen.Int, Gen.Int, (key, value) => KeyValuePair.Create(key, value)));
    }

    [Fact]
    public void Collections_RoundTrip()
    {
        RoundTrip(Gen.Byte.Array);
        RoundTrip(Text.Array);
        RoundTrip(Addresses.List[0, 5]);
        RoundTrip(Gen.Int.Array[0, 3].Array[0, 3]);
        RoundTrip(Gen.Const((int[]?)null));
        RoundTrip(Gen.Const((List<int>?)null));
        RoundTrip(Gen.Int.HashSet[0, 9]);
        RoundTrip(Gen.Select(Gen.Int, Text).List[0, 9]
            .Select(pairs => pairs.DistinctBy(pair => pair.Item1)
                .ToDictionary(pair => pair.Item1, pair => pair.Item2)));
    }

    [Fact]
    public void Members_AreAllOfThem()
    {
        var person = new Person("Ada", new Address(null, 3), Colour.Green, [null, new Address("x", null)])
        {
            Balance = 1.50m,
        };
        Person read = Read<Person>(Write(person));
        Assert.Equal(person.Others, read.Others);
        Assert.Equal(person, read with { Others = person.Others });
        Assert.Equal("1.50", read.Balance.ToString(null, null));
        Settable settable = Read<Settable>(Write(new Settable { Number = 4, Text = "t", Field = 0.5 }));
        Assert.Equal((4, "t", 0.5), (settable.Number, settable.Text, settable.Field));
    }

    [Fact]
    public void EqualCollections_HaveEqualBytes_WhateverTheirHistory() => Gen.Int[0, 50].Array[0, 20].Sample(items =>
    {
        HashSet<int> forward = [.. items];
        HashSet<int> backward = [.. Enumerable.Range(100, 20), .. items.Reverse()];
        backward.ExceptWith(Enumerable.Range(100, 20));
        Assert.Equal(Write(forward), Write(backward));
        Assert.Equal(
            Write(forward.ToDictionary(item => item, item => item * 2)),
            Write(backward.ToDictionary(item => item, item => item * 2)));
    });

    [Fact]
    public void Padding_IsNotWritten()
    {
        Assert.Equal(16, Write(new Filled(1, 2)).Length);
        Assert.Equal(3, Write(new Padded(1, 2, true)).Length);
    }

    [Fact]
    public void DifferentText_HasDifferentBytes() => Gen.Select(AnyText, AnyText).Sample((left, right) =>
        Assert.Equal(string.Equals(left, right, StringComparison.Ordinal), Write(left).SequenceEqual(Write(right))));

    [Fact]
    public void GarbageAndCutOffBytes_GiveCorruptDataOnly()
    {
        Fuzz<string>();
        Fuzz<Person>();
        Fuzz<decimal>();
        Fuzz<DateTime>();
        Fuzz<DateTimeOffset>();
        Fuzz<DateOnly>();
        Fuzz<TimeOnly>();
        Fuzz<short>();
        Fuzz<char>();
        Fuzz<HashSet<byte>>();
        Fuzz<Dictionary<byte, bool>>();
        Fuzz<Dictionary<string, int>>();
        Fuzz<List<int?>>();
        Fuzz<Guid[]>();
        Fuzz<Filled>();
    }

    private static void RoundTrip<T>(Gen<T> values) => values.Sample(
        value =>
        {
            byte[] bytes = Write(value);
            T read = Read<T>(bytes);
            Assert.Equal(value, read);
            Assert.Equal(bytes, Write(read));
        },
        iter: 100);

    private static void Fuzz<T>() => Gen.Byte.Array[0, 40].Sample(
        bytes =>
        {
            try
            {
                T value = Read<T>(bytes);
                Assert.Equal(Write(value), Write(Read<T>(Write(value))));
            }
            catch (CorruptDataException)
            {
                // The only way in which bytes may fail.
            }
        },
        iter: 300);

    private static byte[] Write<T>(T value)
    {
        var writer = new ByteWriter();
        Codecs.For<T>().Write(writer, value);
        return writer.ToArray();
    }

    private static T Read<T>(byte[] bytes)
    {
        var reader = new ByteReader(bytes);
        T value = Codecs.For<T>().Read(reader);
        return reader.Remaining == 0 ? value : throw new CorruptDataException("bytes are left");
    }

    [Fact]
    public void AWrongCount_AsksForNoMoreThanTheBytesCouldHold()
    {
        Bounded<Large[]>();
        Bounded<List<Large>>();
        Bounded<HashSet<Large>>();
        Bounded<Dictionary<Large, Large>>();

        static void Bounded<T>()
        {
            var writer = new ByteWriter();
            writer.WriteVarint(100_001);
            writer.WriteBytes(new byte[100_000]);
            byte[] bytes = writer.ToArray();
            Codec<T> codec = Codecs.For<T>();
            Assert.Throws<CorruptDataException>(() => codec.Read(new ByteReader(bytes.AsMemory(0, 20))));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<CorruptDataException>(() => codec.Read(new ByteReader(bytes)));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
        }
    }

    [Fact]
    public void ManyItems_ThatAreSmallerInBytes_ComeBack()
    {
        long?[] items = [.. Enumerable.Range(0, 5000).Select(i => i % 3 == 0 ? null : (long?)(i % 60))];
        var writer = new ByteWriter();
        Codecs.For<long?[]>().Write(writer, in items);
        Assert.True(writer.Length < items.Length * 2);
        Assert.Equal(items, Codecs.For<long?[]>().Read(new ByteReader(writer.ToArray())));
    }
}

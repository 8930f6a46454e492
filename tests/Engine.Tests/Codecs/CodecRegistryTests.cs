namespace Weir.Engine.Tests.Codecs;

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Weir.Engine.Codecs;

public sealed class CodecRegistryTests
{
    [Theory]
    [InlineData(typeof(object))]
    [InlineData(typeof(Recursive))]
    [InlineData(typeof(List<Recursive>))]
    [InlineData(typeof(IEnumerable<int>))]
    [InlineData(typeof(int[,]))]
    [InlineData(typeof(Action))]
    [InlineData(typeof(nint))]
    [InlineData(typeof(HidesState))]
    [InlineData(typeof(ShowsOnly))]
    [InlineData(typeof(InlineBuffer))]
    [InlineData(typeof(TakesMore))]
    public void WhatCanNotBeWrittenWhole_HasNoCodec(Type type)
    {
        Assert.Null(new CodecRegistry().TryFind(type));
        Assert.Contains(type.ToString(), Assert.Throws<NoCodecException>(() => new CodecRegistry().For(type)).Message);
    }

    [Theory]
    [InlineData(typeof(Reading), "Reading(Key:string,At:long,Value:long)")]
    [InlineData(typeof((int, string)), "ValueTuple`2(Item1:int,Item2:string)")]
    [InlineData(typeof(Dictionary<string, int?[]>), "{string:[int?]}")]
    [InlineData(typeof(Filled), "Filled<<Low>k__BackingField:Int64,<High>k__BackingField:Int64>")]
    [InlineData(typeof(Colour), "Colour:Int16")]
    [InlineData(typeof(Padded), "Padded(Wide:long,Narrow:byte,Flag:bool)")]
    [InlineData(typeof(Overlapping), "Overlapping(Whole:long,Half:int)")]
    public void Schema_SaysTheShape(Type type, string schema) =>
        Assert.Equal(schema, new CodecRegistry().For(type).Schema);

    [Fact]
    public void OneType_HasOneCodec()
    {
        var codecs = new CodecRegistry();
        Assert.Same(codecs.For<Person>(), codecs.For<Person>());
        Assert.Equal(typeof(Person), codecs.For<Person>().Type);
    }

    [Fact]
    public void Providers_AreAskedFirst_AlsoForMembers()
    {
        var codecs = new CodecRegistry(new Shouting());
        var writer = new ByteWriter();
        codecs.For<Address>().Write(writer, new Address("quiet", 1));
        Assert.Equal("QUIET", codecs.For<Address>().Read(new ByteReader(writer.ToArray())).Street);
    }

    [Fact]
    public void ADerivedValue_IsRefused_NotCut()
    {
        var writer = new ByteWriter();
        var fault = Assert.Throws<InvalidOperationException>(() =>
            new CodecRegistry().For<Animal>().Write(writer, new Dog("Rex", 3)));
        Assert.Contains("Dog", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AConstructorThatRefuses_MeansCorruptData()
    {
        var codec = new CodecRegistry().For<Positive>();
        Assert.Equal(3, codec.Read(new ByteReader(new byte[] { 1, 6 })).Value);
        Assert.Throws<CorruptDataException>(() => codec.Read(new ByteReader(new byte[] { 1, 5 })));
    }

    [Fact]
    public void BoxedValues_AreWrittenAlike()
    {
        Codec codec = new CodecRegistry().For<int>();
        var writer = new ByteWriter();
        codec.WriteObject(writer, 5);
        Assert.Equal(5, codec.ReadObject(new ByteReader(writer.ToArray())));
    }

    public sealed record Recursive(int Value, Recursive? Next);

    public sealed record Positive
    {
        public Positive(int value)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            Value = value;
        }

        public int Value { get; }
    }

    public record Animal(string Name);

    public sealed record Dog(string Name, int Age) : Animal(Name);

    public sealed class HidesState
    {
        private int _hidden;

        public int Shown { get; set; }

        public int Next() => ++_hidden;
    }

    public sealed class ShowsOnly
    {
        public int Shown => 1;
    }

    public sealed class TakesMore(int shown, int hidden)
    {
        public int Shown { get; } = shown + hidden;
    }

    [InlineArray(4)]
    internal struct InlineBuffer
    {
        public int First;
    }

    [StructLayout(LayoutKind.Explicit)]
    internal struct Overlapping
    {
        [FieldOffset(0)]
        public long Whole;

        [FieldOffset(0)]
        public int Half;
    }

    private sealed class Shouting : ICodecProvider
    {
        public Codec? Find(Type type) => type == typeof(string) ? new Loud() : null;

        private sealed class Loud : Codec<string>
        {
            public override string Schema => "loud";

            public override void Write(ByteWriter writer, in string value) =>
                writer.WriteString(value.ToUpperInvariant());

            public override string Read(ByteReader reader) => reader.ReadString()!;
        }
    }
}

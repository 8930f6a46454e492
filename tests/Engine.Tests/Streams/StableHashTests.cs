namespace Weir.Engine.Tests.Streams;

using System.Text;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>Where keys live follows from these values: a change of one would move every key.</summary>
public sealed class StableHashTests
{
    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(1UL, 0xb456bcfc34c2cb2cUL)]
    [InlineData(ulong.MaxValue, 0x64b5720b4b825f21UL)]
    public void Mix_IsPinned(ulong value, ulong expected) => Assert.Equal(expected, StableHash.Mix(value));

    [Theory]
    [InlineData("", 0xefd01f60ba992926UL)]
    [InlineData("weir", 0x928ebc5f622cac17UL)]
    public void Bytes_ArePinned(string text, ulong expected) =>
        Assert.Equal(expected, StableHash.Of(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("", 0xefd01f60ba992926UL)]
    [InlineData("Zürich", 0xedc816016b2c42e7UL)]
    public void Text_IsPinned(string text, ulong expected) => Assert.Equal(expected, StableHash.Of(text.AsSpan()));

    [Fact]
    public void Keys_ArePinned()
    {
        Assert.Equal(0x928ebc5fu, Hash("weir"));
        Assert.Equal(0x81087960u, Hash(42));
        Assert.Equal(Hash(42), Hash(42L));
        Assert.Equal(0x64b5720bu, Hash(-1L));
        Assert.Equal(0xfe484b18u, Hash(("a", 1)));
        Assert.Equal(0x9093a26eu, Hash(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")));
    }

    private static uint Hash<TKey>(TKey key) => KeyHasher<TKey>.For(new CodecRegistry().For<TKey>()).Hash(key);
}

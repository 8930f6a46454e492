namespace Weir.Grains.Tests.Logs;

using Weir.Contracts;
using Weir.Contracts.Json;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Grains.Logs;

/// <summary>What is wrong with a text is one clear refusal, whoever finds it.</summary>
public sealed class TopicJsonTests
{
    private static readonly CodecRegistry Codecs = new();

    [Theory]
    [InlineData("{\"name\":null,\"share\":1}", "name")]
    [InlineData("{\"name\":\"~\",\"share\":1}", "UTF-16")]
    [InlineData("{\"name\":\"a\",\"share\":0}", "divide")]
    [InlineData("{\"name\":\"\",\"share\":1}", "no key")]
    public void AnEventThatCanNotBe_IsRefused(string text, string why)
    {
        var topic = Topic.Of<Parted>("parts").KeyedBy(part => part.Name.Length > 0 ? part.Name : null!);
        TopicJson json = TopicJson.Of(topic, Codecs);
        Assert.Single(json.Write(["{\"name\":\"a\",\"share\":1}"], 1, 0));
        var refusal = Assert.Throws<WeirException>(() => json.Write([Half(text)], 1, 0));
        Assert.Equal(WeirError.InvalidValue, refusal.Error);
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"name\":\"~\",\"share\":1}", "UTF-16")]
    [InlineData("{\"name\":\"a\",\"share\":0}", "divide")]
    public void AKeyThatCanNotBe_IsRefused(string text, string why)
    {
        var refusal = Assert.Throws<WeirException>(() => KeyText.Parse(typeof(Parted), Half(text)));
        Assert.Equal(WeirError.InvalidValue, refusal.Error);
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AStoredEventWithoutJson_IsCorrupt()
    {
        var payload = new ByteWriter();
        EventFrames.Write(payload, Codecs.For<Line>(), new Line(null!));
        var batch = new EventBatch { From = 7, Next = 8, Count = 1, Schema = "Line:1", Payload = payload.ToArray() };
        TopicJson json = TopicJson.Of(Topic.Of<Line>("lines"), Codecs);
        var refusal = Assert.Throws<CorruptDataException>(() => json.Read(batch, 0).ToList());
        Assert.Contains("at offset 7", refusal.Message, StringComparison.Ordinal);
    }

    public sealed record Line(string Text);

    // Half of a surrogate pair does not survive in an attribute.
    private static string Half(string text) => text.Replace('~', '\ud800');

    /// <summary>Its constructor fails on a share of 0.</summary>
    public sealed record Parted
    {
        public Parted(string name, int share)
        {
            Name = name;
            Share = share / share * share;
        }

        public string Name { get; }

        public int Share { get; }
    }
}

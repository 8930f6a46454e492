namespace Weir.Engine.Tests.Streams;

using Weir.Engine.Codecs;
using Weir.Engine.Streams;

public sealed class EventVersionTests
{
    private static readonly CodecRegistry Codecs = new();

    private static readonly Topic<Visit> Visits = Topic.Of<Visit>("visits", version: 3)
        .Upgrading<VisitOne>(1, old => new Visit(old.Page, "unknown", 1))
        .Upgrading<VisitTwo>(2, old => new Visit(old.Page, old.User, 1));

    [Fact]
    public void OlderVersions_AreUpgradedAsTheyAreRead()
    {
        Assert.Equal(new Visit("/home", "unknown", 1), Read("Visit:1", new VisitOne("/home")));
        Assert.Equal(new Visit("/home", "ada", 1), Read("Visit:2", new VisitTwo("/home", "ada")));
        Assert.Equal(new Visit("/home", "ada", 7), Read("Visit:3", new Visit("/home", "ada", 7)));
        Assert.Equal(new Visit("/home", "ada", 7), Read("", new Visit("/home", "ada", 7)));
    }

    [Fact]
    public void OlderVersions_SurviveTheTopicsKey()
    {
        KeyedTopic<string, Visit> keyed = Visits.KeyedBy(visit => visit.Page);
        Assert.True(keyed.Reads("Visit:1"));
        Assert.False(keyed.Reads("Visit:4"));
    }

    [Fact]
    public void UnknownVersions_AreRefusedWithWhatToDo()
    {
        EventVersionException refused =
            Assert.Throws<EventVersionException>(() => Visits.CodecFor("Visit:4", Codecs));
        Assert.Contains("'visits' holds events of Visit:4", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Upgrading", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Visits.Upgrading<VisitTwo>(3, _ => new Visit("", "", 0)));
    }

    private static Visit Read<TWritten>(string schema, TWritten value)
    {
        var writer = new ByteWriter();
        Codecs.For<TWritten>().Write(writer, in value);
        return Visits.CodecFor(schema, Codecs).Read(new ByteReader(writer.WrittenMemory));
    }

    public sealed record VisitOne(string Page);

    public sealed record VisitTwo(string Page, string User);

    public sealed record Visit(string Page, string User, int Count);
}

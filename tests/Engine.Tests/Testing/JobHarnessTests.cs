namespace Weir.Engine.Tests.Testing;

using Weir.Engine.Streams;
using Weir.Engine.Testing;
using static Weir.Engine.Tests.Reading;

public sealed class JobHarnessTests
{
    private static readonly Topic<Reading> Copies = Topic.Of<Reading>("copies");

    [Theory]
    [MemberData(nameof(Runs.All), MemberType = typeof(Runs))]
    public void Outputs_AreReadFromTheBeginningOrSinceTheLastTime(bool crash, int partitions)
    {
        JobHarness run = Job(crash, partitions);
        Assert.Empty(run.ReadNew(Copies));
        run.Send(Input, new Reading("a", 1));
        run.Send(Input, new Reading("b", 2));
        Assert.Equal([new Reading("a", 1), new Reading("b", 2)], run.ReadNew(Copies));
        run.Send(Input, new Reading("c", 3));
        Assert.Equal([new Reading("c", 3)], run.ReadNew(Copies));
        Assert.Equal(3, run.Read(Copies).Count);
        Assert.Empty(run.Read(Tables.Texts));
    }

    [Fact]
    public void TimeGoesOn_AfterASealedTopic()
    {
        JobHarness run = Job(crash: true, partitions: 2);
        run.Seal();
        byte[] sealedState = run.Snapshot();
        run.AdvanceClock(T(5));
        run.Advance(Input, T(5));
        run.Seal(Input);
        Assert.Equal(sealedState, run.Snapshot());
    }

    [Fact]
    public void UnknownNames_AreRefused()
    {
        JobHarness run = Job(crash: false, partitions: 1);
        Assert.Contains("'none'", Assert.Throws<ArgumentException>(() => run.Keys("none")).Message);
        Assert.Throws<ArgumentException>(() => run.LateEvents("none"));
        Assert.Throws<ArgumentException>(() => run.Find(new View<string, long>("none"), "a"));
    }

    private static JobHarness Job(bool crash, int partitions) =>
        new(new TestJob(job => From(job).To(Copies)), Runs.Options(crash, partitions));
}

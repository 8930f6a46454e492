namespace Weir.Grains.Tests.Cli;

using Weir.Cli.Output;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;

public sealed class JobTextTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("the disk is full", "the disk is full")]
    [InlineData("the database is away\r\n   at a\n   at b", "the database is away ...")]
    public void ATableHasTheFirstLineOfAProblem(string? failure, string shown) =>
        Assert.Equal(shown, JobText.ShortProblem(Status(failure)));

    [Fact]
    public void ATableHasTheBeginningOfALongLine() =>
        Assert.Equal($"{new string('a', 120)} ...", JobText.ShortProblem(Status(new string('a', 121))));

    [Fact]
    public void AJobThatHasFinished_IsAtTheEndOfTime()
    {
        Assert.Equal(EventTime.MaxValue, JobText.Watermark(Status(null) with { State = JobState.Finished }));
        Assert.Equal(EventTime.None, JobText.Watermark(Status(null)));
    }

    private static JobStatus Status(string? failure) =>
        new() { Name = "flights", State = JobState.Restarting, Epoch = 3, Failure = failure };
}

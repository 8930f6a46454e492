namespace Weir.Grains.Tests.Jobs;

using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;
using Weir.Grains.Jobs;
using Weir.Protocol.Jobs;
using Weir.Protocol.Sinks;

/// <summary>What no restart can heal fails a job once, and says who refused, why, and what to do.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-refusals-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task StateOfAnotherForm_FailsTheJobOnce()
    {
        await CountAsync();
        await using JobCluster cluster = await StartAsync(typeof(CountedInText));
        JobStatus failed = await cluster.Client.StartJobAsync("counted");
        Assert.Equal((JobState.Failed, 2L, 0), (failed.State, failed.Epoch, failed.Restarts));
        Assert.StartsWith(
            "The snapshot of the operator 'count' holds the state 'count' as ", failed.Failure, StringComparison.Ordinal);
        Assert.Contains("say with Upgrading how to read version", failed.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StateThatNobodyClaims_FailsTheJobOnce_AndMayBeLeftOut()
    {
        await CountAsync();
        await using JobCluster cluster = await StartAsync(typeof(CountedNowhere));
        JobStatus failed = await cluster.Client.StartJobAsync("counted");
        Assert.Equal((JobState.Failed, 0), (failed.State, failed.Restarts));
        Assert.Contains("holds state of operators that 'counted' has no more: 'count'", failed.Failure, StringComparison.Ordinal);
        JobStatus started = await cluster.Client.StartJobAsync(
            "counted", new StartOptions { AllowUnmatchedState = true });
        Assert.Equal((JobState.Running, null), (started.State, started.Failure));
    }

    [Fact]
    public async Task ASinkThatWillNeverTakeAnEvent_FailsTheJobOnce()
    {
        await using JobCluster cluster = await StartAsync(typeof(RefusedClicks));
        await cluster.Client.StartJobAsync("refused-clicks");
        JobStatus running = await cluster.Client.WaitForJobAsync("refused-clicks", JobState.Running)
            .WaitAsync(JobCluster.Patience);
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(2)));
        JobStatus failed = await cluster.Client.WaitForJobAsync("refused-clicks", JobState.Failed)
            .WaitAsync(JobCluster.Patience);
        Assert.Equal((running.Epoch, 0), (failed.Epoch, failed.Restarts));
        Assert.StartsWith("source clicks/", failed.Failure, StringComparison.Ordinal);
        Assert.EndsWith(
            "can not publish its output: The table 'users' has no column 'name': add it, and start the job again.",
            failed.Failure,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SinkError.Refused, true)]
    [InlineData(SinkError.Gap, true)]
    [InlineData(SinkError.Unavailable, false)]
    [InlineData(SinkError.Full, false)]
    [InlineData(SinkError.Fenced, false)]
    public void WhatMayBeOtherwiseNextTime_IsNotFatal(SinkError error, bool isFatal)
    {
        var refusal = new SinkException(error, "no");
        Assert.Equal(isFatal, PermanentRefusals.Is(refusal));
        Assert.Equal(isFatal, PermanentRefusals.Is(ParticipantFailures.Translate(refusal)!));
        Assert.False(PermanentRefusals.Is(new InvalidOperationException("a function failed")));
        Assert.False(PermanentRefusals.Is(new WeirException(WeirError.Unavailable, "no answer")));
    }

    private async Task CountAsync()
    {
        await using JobCluster cluster = await StartAsync(typeof(CountedInNumbers));
        await cluster.Client.StartJobAsync("counted");
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
        await cluster.CaughtUpAsync("counted");
        await cluster.Client.StopJobAsync("counted", new StopOptions { Savepoint = "end" });
    }

    // With the strategy that a job has by default, which starts it again for ever.
    private Task<JobCluster> StartAsync(Type job) => JobCluster.StartAsync(
        _directory,
        configure: options => options.RestartStrategy = RestartStrategy.Default,
        parts: new JobClusterParts { Jobs = [job] });
}

namespace Weir.Grains.Tests.Checkpoints;

using Weir.Client;
using Weir.Connectors.Files;
using Weir.Contracts.Jobs;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Grains.Tests.Jobs;

/// <summary>Files of a job that has nothing more to write.</summary>
public sealed class FileSinkJobTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-idle-files-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AFileAppearsWhenItIsOldEnough_ThoughNoOutputAndNoCheckpointFollows()
    {
        UserFiles.Directory = Path.Combine(_directory, "out");
        UserFiles.RollAge = TimeSpan.FromMilliseconds(200);
        await using JobCluster cluster = await StartAsync();
        await cluster.Client.StartJobAsync("user-files");
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
        Assert.Equal("value\nada\n", await FileAsync());
    }

    [Fact]
    public async Task ARestart_FinishesWhatAnEarlierEpochHasLeft_ThoughNoOutputFollows()
    {
        UserFiles.Directory = Path.Combine(_directory, "out");
        UserFiles.RollAge = TimeSpan.FromDays(1);
        await using (JobCluster cluster = await StartAsync())
        {
            await cluster.Client.StartJobAsync("user-files");
            await cluster.Client.SendAsync(PageViews.Clicks, new Click("/home", "ada", new EventTime(1)));
            await cluster.CaughtUpAsync("user-files");
            await cluster.Client.StopJobAsync("user-files", new StopOptions { Savepoint = "end" });
            Assert.Empty(Directory.GetFiles(UserFiles.Directory));
        }

        await using (JobCluster cluster = await StartAsync())
        {
            await cluster.Client.StartJobAsync(
                "user-files", new StartOptions { From = "end", Outputs = OutputChoice.Append });
            Assert.Equal("value\nada\n", await FileAsync());
        }
    }

    private static async Task<string> FileAsync()
    {
        using var patience = new CancellationTokenSource(JobCluster.Patience);
        while (true)
        {
            string[] files = Directory.Exists(UserFiles.Directory) ? Directory.GetFiles(UserFiles.Directory) : [];
            if (files.Length > 0)
                return await File.ReadAllTextAsync(Assert.Single(files), patience.Token);
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private Task<JobCluster> StartAsync() => JobCluster.StartAsync(
        _directory, parts: new JobClusterParts { Jobs = [typeof(UserFiles)] });
}

/// <summary>Writes the users of clicks into files.</summary>
public sealed class UserFiles : StreamJob
{
    public static string Directory { get; set; } = "";

    public static TimeSpan RollAge { get; set; }

    public override void Define(JobBuilder job) => job
        .From(PageViews.Clicks)
        .Select(click => click.User)
        .To(FileSink.Csv<string>("users", Directory, new FileSinkOptions { RollAge = RollAge }));
}

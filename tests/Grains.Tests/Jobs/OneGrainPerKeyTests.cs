namespace Weir.Grains.Tests.Jobs;

using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Engine.Time;

public sealed class OneGrainPerKeyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-keys-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task KeysInGrainsOfTheirOwn_GiveWhatTheHarnessGives(short silos)
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory, silos);
        Click[] clicks = [.. Enumerable.Range(0, 4000)
            .Select(i => new Click($"/page{i * 7 % 50}", "ada", new EventTime(i * 100 - i % 13 * 1000)))];
        await cluster.Client.StartJobAsync("patient-pages");
        foreach (Click[] batch in clicks.Chunk(200))
            await cluster.Client.SendAsync(PageViews.Clicks, batch);
        await cluster.Client.SealAsync(PageViews.Clicks);
        JobStatus status = await cluster.FinishedAsync("patient-pages");

        var harness = new JobHarness(new PageViews(), new HarnessOptions { Partitions = 4 });
        foreach (Click[] batch in clicks.Chunk(200))
            harness.Send(PageViews.Clicks, batch);
        harness.Seal();
        Assert.Equal(
            Sorted(harness.Read(PageViews.PerMinute)), Sorted(await cluster.ReadAllAsync(PatientPages.PerMinute)));
        Assert.Equal([4000L, 4000L], status.Operators.Select(each => each.Events));
        IKeyedView<string, long> counted = cluster.Client.View("patient-pages", PatientPages.Counted);
        foreach (var page in clicks.GroupBy(click => click.Page))
            Assert.Equal(page.Count(), (await counted.FindAsync(page.Key))!.Value);
        KeyReport report = (await cluster.Client.InspectAsync("patient-pages", "patient-count", "/page7"))!;
        Assert.Equal("80", Assert.Single(report.State).Json);
        var listed = new List<string>();
        await foreach (string key in counted.ListKeysAsync(pageSize: 20))
            listed.Add(key);
        Assert.Equal(50, listed.Distinct().Count());
    }

    [Fact]
    public async Task AfterAStop_NothingIsHeld_AndAStartCountsAnew()
    {
        await using JobCluster cluster = await JobCluster.StartAsync(_directory);
        await cluster.Client.StartJobAsync("patient-pages");
        await cluster.Client.SendAsync(PageViews.Clicks, new Click("/a", "ada", new EventTime(1)));
        for (int start = 0; start < 2; start++)
        {
            await cluster.Client.StartJobAsync("patient-pages");
            await cluster.Client.WaitForJobAsync(
                "patient-pages", status => status.Operators.All(each => each.Events == 1)).WaitAsync(JobCluster.Patience);
            ViewAnswer<long>? answer = await cluster.Client.View("patient-pages", PatientPages.Counted).FindAsync("/a");
            Assert.Equal(1, answer!.Value);
            await cluster.Client.StopJobAsync("patient-pages");
        }
    }

    private static IEnumerable<Windowed<string, long>> Sorted(IEnumerable<Windowed<string, long>> windows) =>
        windows.OrderBy(each => each.Window.Start).ThenBy(each => each.Key, StringComparer.Ordinal);
}

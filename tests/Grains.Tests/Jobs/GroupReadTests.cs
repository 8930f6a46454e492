namespace Weir.Grains.Tests.Jobs;

using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Aggregates;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Windows;

/// <summary>Views that are asked by key, from a client that reckons the groups of keys.</summary>
public sealed class GroupReadTests : IDisposable
{
    private const int Pages = 40;
    private const string Job = "page-views";
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-reads-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task KeysOfAView_AreFound_WithoutTheirGrains(short silos)
    {
        await using JobCluster cluster = await StartAsync(silos);
        foreach (IWeirClient client in new[] { cluster.Client, cluster.Outsider })
        {
            for (int page = 0; page < Pages; page++)
            {
                ViewAnswer<long>? answer = await client.View(Job, PageViews.Latest).FindAsync($"/{page}");
                Assert.Equal(page + 1, answer!.Value);
            }

            Assert.Null(await client.View(Job, PageViews.Latest).FindAsync("/nowhere"));
        }

        Assert.Equal(0, await KeyGrainsAsync(cluster));
        Assert.NotNull(await cluster.Client.InspectAsync(Job, "count-views", "/1"));
        Assert.Equal(1, await KeyGrainsAsync(cluster));
    }

    [Fact]
    public async Task AGroup_AnswersForItsOwnKeys_AndForItsOwnView()
    {
        await using JobCluster cluster = await StartAsync(silos: 1);
        var codecs = new CodecRegistry();
        byte[] key = Bytes("/1");
        int group = KeyGroups.Of("/1", codecs.For<string>(), KeyGroups.Default);
        string view = PageViews.Latest.Name;
        Assert.Equal((true, true), await AskAsync(0, group, view, key));
        Assert.Equal((false, false), await AskAsync(0, (group + 1) % KeyGroups.Default, view, key));
        Assert.Equal((false, false), await AskAsync(0, group, "another", key));
        Assert.Equal((false, false), await AskAsync(0, group, view, [.. key, 0]));
        Assert.Equal((false, false), await AskAsync(0, group, view, []));
        Assert.Equal((false, false), await AskAsync(1, group, view, key));

        async Task<(bool IsHere, bool IsFound)> AskAsync(int operatorIndex, int number, string name, byte[] asked)
        {
            GroupAnswer answer = await cluster.Orleans.GetGrain<IKeyGroupGrain>($"{Job}/{operatorIndex}/{number}")
                .FindOfAsync(name, asked, ReadAt.Live);
            return (answer.IsHere, answer.Answer is not null);
        }

        byte[] Bytes(string text)
        {
            var bytes = new ByteWriter();
            codecs.For<string>().Write(bytes, text);
            return bytes.ToArray();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task AGroup_IsSeenInTheProcessOfItsSilo_WhileItRuns(short silos)
    {
        await using JobCluster cluster = await StartAsync(silos);
        Codec<string> codec = new CodecRegistry().For<string>();
        ILocalGroups[] all =
            [.. cluster.Silos.Silos.Select(silo => silo.ServiceProvider.GetRequiredService<ILocalGroups>())];
        for (int page = 0; page < Pages; page++)
        {
            KeyOfGroup key = KeyOf($"/{page}");
            GroupAnswer asked = await cluster.Orleans.GetGrain<IKeyGroupGrain>($"{Job}/0/{key.Group}")
                .FindOfAsync(PageViews.Latest.Name, key.Key, ReadAt.Live);
            GroupAnswer seen = await SeeAsync(key);
            Assert.True(seen.IsHere);
            Assert.Equal(asked.Answer!.Value.ToArray(), seen.Answer!.Value.ToArray());
            Assert.Equal(asked.Answer.Validity, seen.Answer.Validity);
            Assert.All(all, each => Assert.Null(each.TryFind(key with { Group = (key.Group + 1) % KeyGroups.Default })));
            Assert.All(all, each => Assert.Null(each.TryFind(key with { View = "another" })));
        }

        await cluster.Client.StopJobAsync(Job);
        Assert.All(all, each => Assert.Null(each.TryFind(KeyOf("/1"))));

        // The clock ticks, and a group that has work waiting is not to be seen.
        async Task<GroupAnswer> SeeAsync(KeyOfGroup key)
        {
            using var patience = new CancellationTokenSource(JobCluster.Patience);
            while (true)
            {
                if (all.Select(each => each.TryFind(in key)).OfType<GroupAnswer>().ToArray() is [var only])
                    return only;
                await Task.Yield();
                patience.Token.ThrowIfCancellationRequested();
            }
        }

        KeyOfGroup KeyOf(string page)
        {
            var bytes = new ByteWriter();
            codec.Write(bytes, page);
            return new KeyOfGroup(
                Job, 0, KeyGroups.Of(page, codec, KeyGroups.Default), PageViews.Latest.Name, bytes.WrittenMemory);
        }
    }

    [Theory]
    [InlineData("visits")]
    [InlineData("visits-of-pages")]
    public async Task KeysOfSeveralMembers_AreFound_AlsoWithTheMembersInAnotherOrder(string job)
    {
        await using JobCluster cluster = await JobCluster.StartAsync(
            _directory, parts: new JobClusterParts { Jobs = [typeof(Visits), typeof(VisitsOfPages)] });
        await cluster.Client.StartJobAsync(job);
        await cluster.Client.SendAsync(PageViews.Clicks, Clicks());
        await cluster.CaughtUpAsync(job);
        IKeyedView<Visit, long> view = cluster.Client.View(job, new View<Visit, long>("latest-visits"));
        IKeyedView<Swapped.Visit, long> swapped = cluster.Client.View(job, new View<Swapped.Visit, long>("latest-visits"));
        for (int page = 0; page < Pages; page++)
        {
            Assert.Equal(page + 1, (await view.FindAsync(new Visit($"/{page}", "ada")))!.Value);
            Assert.Equal(page + 1, (await swapped.FindAsync(new Swapped.Visit("ada", $"/{page}")))!.Value);
        }

        Assert.Null(await view.FindAsync(new Visit("ada", "/1")));
        Assert.Null(await swapped.FindAsync(new Swapped.Visit("/1", "ada")));
    }

    private async Task<JobCluster> StartAsync(short silos)
    {
        JobCluster cluster = await JobCluster.StartAsync(_directory, silos);
        await cluster.Client.StartJobAsync(Job);
        await cluster.Client.SendAsync(PageViews.Clicks, Clicks());
        await cluster.CaughtUpAsync(Job);
        return cluster;
    }

    // Page n is seen n + 1 times.
    private static Click[] Clicks() =>
    [
        .. Enumerable.Range(0, Pages).SelectMany(page => Enumerable.Repeat(
            new Click($"/{page}", "ada", new EventTime(1)), page + 1)),
    ];

    private static async Task<int> KeyGrainsAsync(JobCluster cluster)
    {
        DetailedGrainStatistic[] all =
            await cluster.Orleans.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics();
        return all.Count(each => each.GrainId.Type.ToString() == "weirkey");
    }

    public readonly record struct Visit(string Page, string User);

    public static class Swapped
    {
        public readonly record struct Visit(string User, string Page);
    }

    /// <summary>Clicks of a user on a page.</summary>
    public sealed class Visits : StreamJob
    {
        public override void Define(JobBuilder job) => Count(job
            .From(PageViews.Clicks)
            .WithEventTime(click => click.At, Watermarks.Monotonous())
            .KeyBy(click => new Visit(click.Page, click.User)));

        public static void Count(KeyedStream<Visit, Click> clicks) => clicks
            .Window(Windows.Tumbling(TimeSpan.FromMinutes(1)))
            .Aggregate("count-visits", new Count<Click>())
            .PublishAs(new View<Visit, long>("latest-visits"));
    }

    /// <summary>The same, with keys that lie in the groups of their pages.</summary>
    public sealed class VisitsOfPages : StreamJob
    {
        public override void Define(JobBuilder job) => Visits.Count(job
            .From(PageViews.Clicks)
            .WithEventTime(click => click.At, Watermarks.Monotonous())
            .KeyBy(PageViews.Clicks.Key.Refine(click => new Visit(click.Page, click.User), visit => visit.Page)));
    }
}

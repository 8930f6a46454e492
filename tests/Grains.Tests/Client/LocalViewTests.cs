namespace Weir.Grains.Tests.Client;

using Weir.Client;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>Views of groups that run in the process of the client. A call finds 7 in epoch 1, a look at the group 8.
/// </summary>
public sealed class LocalViewTests : ILocalGroups
{
    private readonly IKeyedView<long, long> _view;
    private readonly FakeViews _views;
    private readonly List<KeyOfGroup> _looks = [];
    private GroupAnswer? _here = new GroupAnswer(true, FakeViews.Found(8, 1));

    public LocalViewTests()
    {
        (IWeirClient client, _views) = FakeViews.Create(this);
        _views.Description = new ViewDescription("sum", "long", "long")
        {
            OperatorIndex = 3,
            Groups = 64,
            KeySchema = new CodecRegistry().For<long>().Schema,
        };
        _view = client.View("job", new View<long, long>("sums"));
    }

    public GroupAnswer? TryFind(in KeyOfGroup key)
    {
        _looks.Add(key);
        return _here;
    }

    [Fact]
    public async Task OnceTheViewIsKnown_ItsGroupsAreLookedAt()
    {
        Assert.Equal(7, await FindAsync());
        Assert.Equal(2, _views.Asked().Length);
        Assert.Equal(8, await FindAsync());
        Assert.Empty(_views.Asked());
        KeyOfGroup look = Assert.Single(_looks);
        int group = KeyGroups.Of(42L, new CodecRegistry().For<long>(), 64);
        Assert.Equal(("job", 3, group, "sums"), (look.Job, look.Operator, look.Group, look.View));
    }

    [Fact]
    public async Task AKeyThatTheGroupDoesNotHave_IsNotAskedForAgain()
    {
        await FindAsync();
        _views.Asked();
        _here = new GroupAnswer(true, null);
        Assert.Null(await FindAsync());
        Assert.Empty(_views.Asked());
    }

    [Fact]
    public async Task WhatCanNotBeSeen_IsAskedFor()
    {
        await FindAsync();
        _views.Asked();
        _here = null;
        Assert.Equal(7, await FindAsync());
        Assert.Single(_views.Asked());
    }

    [Fact]
    public async Task WhatIsOfAnEpochThatIsOver_IsNotTaken()
    {
        await FindAsync();
        _views.Asked();
        _here = new GroupAnswer(true, FakeViews.Found(8, 0));
        Assert.Equal(7, await FindAsync());
        Assert.Single(_views.Asked());
        _here = new GroupAnswer(true, FakeViews.Found(8, 2));
        Assert.Equal(8, await FindAsync());
    }

    [Fact]
    public async Task AnotherTimeThanNow_IsAskedFor()
    {
        await FindAsync();
        _views.Asked();
        Assert.Equal(7, (await _view.At(ReadAt.LastCheckpoint).FindAsync(42))!.Value);
        Assert.Single(_views.Asked());
        Assert.Empty(_looks);
    }

    [Fact]
    public async Task WhoAsksForKeyAfterKey_LetsOthersHaveTheThread()
    {
        await FindAsync();
        var turns = new Turns();
        SynchronizationContext.SetSynchronizationContext(turns);
        for (int i = 0; i < 1000; i++)
            await _view.FindAsync(42);
        Assert.InRange(turns.Count, 5, 10);
    }

    /// <summary>Counts how often a thread was let go.</summary>
    private sealed class Turns : SynchronizationContext
    {
        private int _count;

        public int Count => _count;

        public override void Post(SendOrPostCallback d, object? state)
        {
            Interlocked.Increment(ref _count);
            ThreadPool.QueueUserWorkItem(_ =>
            {
                SetSynchronizationContext(this);
                d(state);
            });
        }
    }

    private async Task<long?> FindAsync() => (await _view.FindAsync(42))?.Value;
}

namespace Weir.Grains.Tests.Client;

using Weir.Client;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

public sealed class ViewTests
{
    private static readonly View<long, long> Sums = new("sums");
    private readonly IWeirClient _client;
    private readonly FakeViews _views;

    public ViewTests()
    {
        (_client, _views) = FakeViews.Create();
        _views.Description = Description(operatorIndex: 0, groups: 64);
    }

    [Fact]
    public async Task TheGroupOfAKey_IsAskedItself()
    {
        await FindAsync();
        Assert.Equal(["view job/sums", GroupOf(42, 0, 64)], _views.Asked());
        await FindAsync();
        Assert.Equal([GroupOf(42, 0, 64)], _views.Asked());
    }

    [Fact]
    public async Task WhereGroupsCanNotBeReckoned_TheGrainOfTheKeyIsAsked()
    {
        _views.Description = Description(operatorIndex: 0, groups: 0);
        await FindAsync();
        Assert.Equal(["view job/sums", "key job/sum/42"], _views.Asked());
    }

    [Fact]
    public async Task AKeyOfAnotherType_IsAskedByItsText()
    {
        Assert.Equal(7, (await _client.View("job", new View<string, long>("sums")).FindAsync("42"))!.Value);
        Assert.Equal(["view job/sums", "key job/sum/42"], _views.Asked());
    }

    [Fact]
    public async Task AKeyThatTheCodecRefuses_IsAskedByItsText()
    {
        _views.Description = Description(operatorIndex: 0, groups: 64) with
        {
            KeySchema = new CodecRegistry().For<Place>().Schema,
        };
        IKeyedView<Place, long> view = _client.View("job", new View<Place, long>("sums"));
        await view.FindAsync(new Place("yard"));
        Assert.StartsWith("group ", _views.Asked()[^1], StringComparison.Ordinal);
        await view.FindAsync(new Corner("yard", 2));
        Assert.StartsWith("key job/sum/{", Assert.Single(_views.Asked()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AGroupThatIsNotTheOne_IsFoundAnew()
    {
        await FindAsync();
        _views.Asked();
        _views.Description = Description(operatorIndex: 1, groups: 7);
        _views.Answers = key => $"group {key}" == GroupOf(42, 1, 7);
        await FindAsync();
        Assert.Equal([GroupOf(42, 0, 64), "view job/sums", "key job/sum/42"], _views.Asked());
        await FindAsync();
        Assert.Equal([GroupOf(42, 1, 7)], _views.Asked());
    }

    [Fact]
    public async Task WhoReckonsOtherwiseThanTheSilos_AsksTheGrainOfTheKeyFromThenOn()
    {
        _views.Answers = _ => false;
        await FindAsync();
        Assert.Equal(
            ["view job/sums", GroupOf(42, 0, 64), "view job/sums", "key job/sum/42"], _views.Asked());
        await FindAsync();
        Assert.Equal(["key job/sum/42"], _views.Asked());
    }

    private record Place(string Name);

    private sealed record Corner(string Name, int Floor) : Place(Name);

    private async Task FindAsync() =>
        Assert.Equal(7, (await _client.View("job", Sums).FindAsync(42))!.Value);

    private static ViewDescription Description(int operatorIndex, int groups) =>
        new("sum", nameof(Int64), nameof(Int64))
        {
            OperatorIndex = operatorIndex,
            Groups = groups,
            KeySchema = new CodecRegistry().For<long>().Schema,
        };

    private static string GroupOf(long key, int operatorIndex, int groups) =>
        $"group job/{operatorIndex}/{KeyGroups.Of(key, new CodecRegistry().For<long>(), groups)}";
}

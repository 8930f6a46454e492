namespace Weir.Scenarios;

using Weir.Faults.Rounds;

/// <summary>
/// A few rounds of the faults program: a silo as a process of its own is killed in the middle of what it does, and
/// everything it wrote equals the oracle.
/// </summary>
public sealed class FaultsTests
{
    private const ulong Seed = 1;

    [Theory]
    [InlineData("crash/copy.after/once")]
    [InlineData("crash/manifest.after/once")]
    [InlineData("crash/record.after/recovery")]
    [InlineData("process/kill/anywhere")]
    [InlineData("log/appends/lost")]
    [InlineData("log/bit/input")]
    [InlineData("sinks/sqlite/sink.before-commit")]
    [InlineData("grains/old-epoch/writes")]
    public async Task NothingIsLost_AndNothingIsThereTwice(string name)
    {
        Round round = Assert.Single(RoundCatalog.Choose(name, limit: null, Seed));
        RoundResult result = await RoundRunner.RunAsync(round, Seed);
        Assert.True(result.HasPassed, $"{string.Join('\n', result.Problems)}\n{result.Notes}\n{result.Directory}");
    }

    [Fact]
    public void ASampleHasSomeOfEveryKind()
    {
        IReadOnlyList<Round> sample = RoundCatalog.Choose(pattern: null, limit: 20, Seed);
        Assert.Equal(20, sample.Distinct().Count());
        Assert.Equal(
            RoundCatalog.All.Select(round => round.Name.Split('/')[0]).Distinct().Order(),
            sample.Select(round => round.Name.Split('/')[0]).Distinct().Order());
        Assert.Equal(sample, RoundCatalog.Choose(pattern: null, limit: 20, Seed));
        Assert.NotEqual(sample, RoundCatalog.Choose(pattern: null, limit: 20, Seed + 1));
    }
}

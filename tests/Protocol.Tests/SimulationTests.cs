namespace Weir.Protocol.Tests;

using Weir.Simulation;

/// <summary>A short run of the simulation; tests/Simulation runs any number of seeds.</summary>
public sealed class SimulationTests
{
    [Fact]
    public void JobsFinishWithExactlyTheRightOutput_WhateverFails()
    {
        var happened = new Dictionary<string, int>();
        for (ulong seed = 1_000_001; seed <= 1_000_240; seed++)
        {
            SeedResult result = SimulationRun.Run(seed);
            Assert.True(result.Broken is null, $"seed {seed} ({result.Job}): {result.Broken}");
            foreach ((string what, int times) in result.Happened)
                happened[what] = happened.GetValueOrDefault(what) + times;
        }

        // A simulation in which nothing goes wrong shows nothing.
        Assert.All(
            (string[])[
                "silo crashed", "second coordinator", "checkpoint aborted", "append fenced", "chain folded",
                "staged output was full", "source waited for room",
            ],
            what => Assert.True(happened.GetValueOrDefault(what) > 10, $"'{what}' hardly ever happened"));
    }

    [Fact]
    public void ASeedAlwaysGivesTheSameRun()
    {
        for (ulong seed = 7; seed < 23; seed++)
        {
            var first = new StringWriter();
            var second = new StringWriter();
            SimulationRun.Run(seed, first);
            SimulationRun.Run(seed, second);
            Assert.True(first.ToString() == second.ToString(), $"seed {seed} ran in two ways");
            Assert.NotEmpty(first.ToString());
        }
    }
}

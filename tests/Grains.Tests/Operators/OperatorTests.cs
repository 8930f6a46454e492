namespace Weir.Grains.Tests.Operators;

using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Streams;
using Weir.Grains.Tests.Jobs;

/// <summary>Jobs run while their input comes in rounds, and end by themselves once it is sealed.</summary>
public abstract class StreamedRun : OperatorRun
{
    /// <summary>The silos stop and start again before this round, in the middle of the input; -1 for never.</summary>
    protected virtual int RestartBefore => -1;

    protected override async Task RunAsync()
    {
        await ForEachAsync(CreateTopicsAsync);
        await ForEachAsync(StartAsync);
        for (int round = 0; round < RoundCount; round++)
        {
            if (round == RestartBefore)
                await RestartAsync();
            await SendRoundAsync(round);
        }

        await ForEachAsync(SealAsync);
        await ForEachAsync(FinishAsync);
    }

    private async Task RestartAsync()
    {
        await ForEachAsync(scenario => Cluster.CaughtUpAsync(scenario.Name));
        await CloseAsync();
        await OpenAsync();
        await ForEachAsync(scenario => Cluster.Client.WaitForJobAsync(
            scenario.Name, status => status.State == JobState.Running && status.Epoch == 2));
    }
}

public sealed class RunOnOneSilo : StreamedRun
{
    protected override short Silos => 1;
}

public sealed class RunOnTwoSilos : StreamedRun
{
    protected override short Silos => 2;
}

public sealed class RunAcrossARestart : StreamedRun
{
    protected override short Silos => 1;

    protected override int RestartBefore => 3;
}

/// <summary>
/// The input is there and sealed before its job starts: as one batch, unless results depend on where batches end.
/// </summary>
public sealed class RunOnSealedInput : OperatorRun
{
    protected override short Silos => 1;

    protected override IReadOnlyList<OperatorScenario> Scenarios => OperatorScenarios.Replayable;

    protected override async Task RunAsync()
    {
        await ForEachAsync(CreateTopicsAsync);
        await ForEachAsync(scenario => scenario.UsesClock ? LeaseAsync(scenario) : Task.CompletedTask);
        await ForEachAsync(SendAtOnceAsync);
        for (int round = 0; round < RoundCount; round++)
            await SendRoundAsync(round);
        await ForEachAsync(SealAsync);
        await ForEachAsync(StartAsync);
        await ForEachAsync(FinishAsync);
    }

    protected override bool IsSentInRounds(OperatorScenario scenario) => scenario.KeepsBatches;

    private async Task SendAtOnceAsync(OperatorScenario scenario)
    {
        if (IsSentInRounds(scenario))
            return;
        foreach (Topic<Reading> topic in scenario.Inputs)
        {
            await Cluster.Client.SendAsync(topic, [.. scenario.Rounds
                .SelectMany(round => round.Sends)
                .Where(send => send.Topic.Name == topic.Name)
                .SelectMany(send => send.Events)]);
        }
    }
}

public sealed class OneSiloTests(RunOnOneSilo run) : IClassFixture<RunOnOneSilo>
{
    [Theory]
    [MemberData(nameof(OperatorScenarios.Names), MemberType = typeof(OperatorScenarios))]
    public Task AJobOnASilo_GivesWhatTheHarnessGives(string scenario) => run.CheckAsync(scenario);
}

public sealed class TwoSilosTests(RunOnTwoSilos run) : IClassFixture<RunOnTwoSilos>
{
    [Theory]
    [MemberData(nameof(OperatorScenarios.Names), MemberType = typeof(OperatorScenarios))]
    public Task AJobOnTwoSilos_GivesWhatTheHarnessGives(string scenario) => run.CheckAsync(scenario);
}

public sealed class RestartTests(RunAcrossARestart run) : IClassFixture<RunAcrossARestart>
{
    [Theory]
    [MemberData(nameof(OperatorScenarios.Names), MemberType = typeof(OperatorScenarios))]
    public Task AJobWhoseSiloStartedAgain_GivesWhatTheHarnessGives(string scenario) => run.CheckAsync(scenario);
}

public sealed class SealedInputTests(RunOnSealedInput run) : IClassFixture<RunOnSealedInput>
{
    [Theory]
    [MemberData(nameof(OperatorScenarios.NamesOfReplayable), MemberType = typeof(OperatorScenarios))]
    public Task AJobOnSealedInput_GivesWhatStreamingItGives(string scenario) => run.CheckAsync(scenario);
}

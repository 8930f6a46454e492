namespace Weir.Grains.Tests.Client;

using Microsoft.Extensions.DependencyInjection;
using Weir.Client;
using Weir.Client.Calls;
using Weir.Contracts;

public sealed class GrainCallsTests
{
    private readonly GatewayWatch _gateways = new();
    private readonly TaskCompletionSource<int> _late = new();
    private int _attempts;

    [Fact]
    public async Task ACallUnderWay_WhenAGatewayBreaks_IsRepeatedAtOnce()
    {
        Task<int> answer = AskAsync(TimeSpan.FromSeconds(30));
        _gateways.NotifyGatewayCountChanged(1, 2, false);
        Assert.Equal(2, await answer.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task ACallUnderWay_WhenAGatewayComes_GoesOn()
    {
        Task<int> answer = AskAsync(TimeSpan.FromSeconds(30));
        _gateways.NotifyGatewayCountChanged(2, 1, false);
        _late.SetResult(1);
        Assert.Equal(1, await answer);
        Assert.Equal(1, _attempts);
    }

    [Fact]
    public async Task ACallUnderWay_WhenAGatewayBreaks_AndNoTimeIsLeft_IsUnavailable()
    {
        Task<int> answer = AskAsync(TimeSpan.Zero);
        _gateways.NotifyGatewayCountChanged(0, 1, false);
        WeirException fault = await Assert.ThrowsAsync<WeirException>(() => answer);
        Assert.Equal(WeirError.Unavailable, fault.Error);
        Assert.Equal(
            "Weir could not count: The connection to a gateway broke before there was an answer.", fault.Message);
    }

    [Fact]
    public async Task ACallThatIsCanceled_IsNotRepeated()
    {
        using var cancellation = new CancellationTokenSource();
        Task<int> answer = AskAsync(TimeSpan.FromSeconds(30), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        Assert.Equal(1, _attempts);
    }

    [Fact]
    public void TheClientThatIsAddedTwice_IsToldOnce()
    {
        using ServiceProvider services = new ServiceCollection().AddWeirClient().AddWeirClient().BuildServiceProvider();
        Assert.Same(
            services.GetRequiredService<GatewayWatch>(),
            Assert.Single(services.GetServices<IClusterConnectionStatusObserver>()));
    }

    /// <summary>Makes a call whose first attempt is answered late, and others at once with their number.</summary>
    private Task<int> AskAsync(TimeSpan retryFor, CancellationToken cancellation = default) =>
        new GrainCalls(retryFor, TimeProvider.System, _gateways).AskAsync(
            () => ++_attempts == 1 ? _late.Task : Task.FromResult(_attempts), "count", cancellation);
}

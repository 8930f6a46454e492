namespace Weir.Grains.Tests.Client;

using Weir.Client;
using Weir.Client.Calls;
using Weir.Contracts;

public sealed class GatewayTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a b:1")]
    [InlineData("localhost:0")]
    [InlineData("localhost:70000")]
    [InlineData("localhost:x")]
    public async Task Connect_ToWhatIsNoAddress_SaysSo(string gateway)
    {
        WeirException fault = await Assert.ThrowsAsync<WeirException>(
            () => WeirConnection.ConnectAsync(new WeirConnectionOptions { Gateways = [gateway] }));
        Assert.Equal(WeirError.InvalidRequest, fault.Error);
    }

    [Fact]
    public async Task Gateways_AreAllAddressesOfTheNamesThatAreKnown()
    {
        var gateways = new NamedGateways(["127.0.0.1:1", "no-such-host.invalid:2", "localhost", "127.0.0.1:1"]);
        await gateways.InitializeGatewayListProvider();
        Assert.Equal(
            ["gwy.tcp://127.0.0.1:1/0", "gwy.tcp://127.0.0.1:30000/0"],
            (await gateways.GetGateways()).Select(each => each.ToString()));
        Assert.True(gateways.IsUpdatable);
    }

    [Fact]
    public async Task Gateways_OfNoNameThatIsKnown_AreUnavailable()
    {
        WeirException fault = await Assert.ThrowsAsync<WeirException>(() => WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = ["no-such-host.invalid:2"], ConnectTimeout = TimeSpan.Zero }));
        Assert.Equal(WeirError.Unavailable, fault.Error);
        Assert.Contains("no-such-host.invalid", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_ThroughADatabaseThatIsAway_IsUnavailable()
    {
        WeirException fault = await Assert.ThrowsAsync<WeirException>(() => WeirConnection.ConnectAsync(
            new WeirConnectionOptions
            {
                Database = "Host=127.0.0.1;Port=1;Username=x;Password=secret",
                ConnectTimeout = TimeSpan.Zero,
            }));
        Assert.Equal(WeirError.Unavailable, fault.Error);
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_WhereNobodyListens_IsUnavailable()
    {
        WeirException fault = await Assert.ThrowsAsync<WeirException>(() => WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = ["127.0.0.1:1"], ConnectTimeout = TimeSpan.Zero }));
        Assert.Equal(WeirError.Unavailable, fault.Error);
        Assert.Contains("127.0.0.1:1", fault.Message, StringComparison.Ordinal);
    }
}

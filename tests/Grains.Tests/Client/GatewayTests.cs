namespace Weir.Grains.Tests.Client;

using Weir.Client;
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
    public async Task Connect_WhereNobodyListens_IsUnavailable()
    {
        WeirException fault = await Assert.ThrowsAsync<WeirException>(() => WeirConnection.ConnectAsync(
            new WeirConnectionOptions { Gateways = ["127.0.0.1:1"], ConnectTimeout = TimeSpan.Zero }));
        Assert.Equal(WeirError.Unavailable, fault.Error);
        Assert.Contains("127.0.0.1:1", fault.Message, StringComparison.Ordinal);
    }
}

namespace Weir.Silo.Health;

using Orleans.Runtime;
using Weir.Client;

/// <summary>
/// <c>/health</c>: the silo is a member of its cluster. <c>/ready</c>: and its grains and their storage answer.
/// <c>/members</c>: all members.
/// </summary>
internal static class HealthPages
{
    public const string Health = "/health";
    public const string Ready = "/ready";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static void MapHealthPages(this WebApplication app)
    {
        app.MapGet(Members.Page, (IClusterMembershipService cluster) =>
            Results.Text(Members.Show(cluster.CurrentSnapshot)));
        app.MapGet(Health, (ISiloStatusOracle silo) => Answer(FaultOf(silo)));
        app.MapGet(Ready, async (ISiloStatusOracle silo, IWeirClient client, CancellationToken gone) =>
            Answer(FaultOf(silo) ?? await AskAsync(client, gone)));
    }

    private static string? FaultOf(ISiloStatusOracle silo) =>
        silo.CurrentStatus == SiloStatus.Active ? null : $"The silo is {silo.CurrentStatus}.";

    private static IResult Answer(string? fault) => fault is null
        ? Results.Text("ok\n")
        : Results.Text($"{fault}\n", statusCode: StatusCodes.Status503ServiceUnavailable);

    private static async Task<string?> AskAsync(IWeirClient client, CancellationToken gone)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(gone);
        limit.CancelAfter(Patience);
        try
        {
            await client.ListTopicsAsync(limit.Token);
            return null;
        }
        catch (OperationCanceledException)
        {
            return $"The catalog did not answer within {Patience.TotalSeconds} s.";
        }
        catch (Exception fault)
        {
            return fault.Message;
        }
    }
}

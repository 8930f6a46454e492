namespace Weir.Grains.Hosting;

using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Weir.Grains.Storage;

/// <summary>Makes silos one cluster.</summary>
public static class WeirClusterHosting
{
    /// <summary>
    /// Joins the cluster that has its records in <see cref="WeirOptions.Database"/>; goes with
    /// <see cref="WeirHosting.AddWeir"/>, in either order. Cluster and service are both named <c>weir</c>; the endpoints
    /// are on the loopback address, with Orleans' ports. <c>Configure&lt;ClusterOptions&gt;</c> and
    /// <c>Configure&lt;EndpointOptions&gt;</c> after this call change that.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <remarks>
    /// A silo that was killed is found dead within about five seconds, by two others if there are as many; calls that wait
    /// for it fail by then. A silo that starts on the endpoint of a dead one replaces it at once.
    /// </remarks>
    public static ISiloBuilder UseWeirCluster(this ISiloBuilder silo)
    {
        ArgumentNullException.ThrowIfNull(silo);
        silo.Configure<ClusterOptions>(cluster => cluster.ClusterId = cluster.ServiceId = "weir");
        silo.Configure<EndpointOptions>(endpoints => endpoints.AdvertisedIPAddress = IPAddress.Loopback);
        silo.UseAdoNetClustering(clustering => clustering.Configure<IServiceProvider>((options, services) =>
        {
            options.Invariant = OrleansPostgreSqlStorage.Invariant;
            options.DataSource = services.GetRequiredService<ClusterDatabase>().Source;
        }));
        silo.Configure<ClusterMembershipOptions>(SetTimes);
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = Responses);
        silo.Services.Configure<WeirOptions>(options => options.AlignmentPatience = Responses / 2);
        silo.Services.AddSingleton<IValidateOptions<WeirOptions>, ClusterValidator>();
        return silo;
    }

    /// <summary>
    /// How long a call waits for its answer. A call is under way to a silo that dies no longer than it takes to find that
    /// silo dead.
    /// </summary>
    private static TimeSpan Responses { get; } = TimeSpan.FromSeconds(5);

    /// <remarks>
    /// Every silo asks every other once a second. Three seconds without an answer are a vote, two votes (or more than half
    /// of a small cluster) are the end of a silo: a pause of two seconds, of a collection or a loaded machine, costs
    /// nothing, and one silo with a bad network alone removes nobody.
    /// A new silo asks all that have said to be alive within the last four seconds. If a whole cluster was killed, that is
    /// how long its dead members can keep the next one waiting.
    /// </remarks>
    private static void SetTimes(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(1);
        membership.NumMissedProbesLimit = 3;
        membership.NumVotesForDeathDeclaration = 2;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
        membership.NumMissedTableIAmAliveLimit = 2;
        membership.DefunctSiloExpiration = TimeSpan.FromHours(1);
        membership.DefunctSiloCleanupPeriod = TimeSpan.FromMinutes(5);
    }

    private sealed class ClusterValidator : IValidateOptions<WeirOptions>
    {
        public ValidateOptionsResult Validate(string? name, WeirOptions options) => options.Database is null
            ? ValidateOptionsResult.Fail("Database is not set: a cluster needs the connection string of its database.")
            : ValidateOptionsResult.Success;
    }
}

namespace Weir.Grains.Tests.Cluster;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Weir.Client;
using Weir.Grains.Hosting;
using Weir.Grains.Tests.Jobs;

/// <summary>The code of the guide's page on hosting.</summary>
internal static class HostingGuide
{
    public static void AddSilo(IHostApplicationBuilder builder, string database)
    {
        #region silo
        builder.UseOrleans(silo => silo
            .UseWeirCluster()
            .AddWeir(weir => weir
                .AddJob<PageViews>()
                .Configure(options => options.Database = database)));
        #endregion
    }

    public static void AddClient(IHostApplicationBuilder builder)
    {
        #region client
        builder.UseOrleansClient(client => client.UseWeirGateways(
            new WeirConnectionOptions { Gateways = ["silo-1:30000", "silo-2:30000"] }));
        builder.Services.AddWeirClient();
        #endregion
    }
}

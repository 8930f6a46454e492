namespace Weir.Silo;

using System.Net;
using Orleans.Configuration;
using Weir.Grains.Hosting;
using Weir.Silo.Settings;

/// <summary>The one place where the service calls what every Orleans application can call.</summary>
internal static class WeirSilo
{
    public static ISiloBuilder HostWeir(this ISiloBuilder silo, SiloSettings settings, IReadOnlyList<Type> jobs)
    {
        if (settings.Database is null)
            silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort);
        else
            silo.UseWeirCluster();
        silo.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = settings.ClusterId;
            cluster.ServiceId = "weir";
        });
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = settings.AdvertisedAddress;
            endpoints.SiloPort = settings.SiloPort;
            endpoints.GatewayPort = settings.GatewayPort;
            endpoints.SiloListeningEndpoint = new IPEndPoint(settings.SiloAddress, settings.SiloPort);
            endpoints.GatewayListeningEndpoint = new IPEndPoint(settings.GatewayAddress, settings.GatewayPort);
        });
        return silo.AddWeir(weir =>
        {
            weir.Configure(options =>
            {
                options.DataDirectory = settings.DataDirectory;
                options.Database = settings.Database;
                options.SegmentDirectory = settings.SegmentDirectory;
                options.DefaultPartitions = settings.Partitions;
                options.CheckpointInterval = settings.CheckpointInterval;
                options.CheckpointsRetained = settings.CheckpointsRetained;
                options.StagedEvents = settings.StagedEvents;
                options.StagedBytes = settings.StagedBytes;
                options.RestartStrategy = settings.Restart;
            });
            foreach (Type job in jobs)
                weir.AddJob(job);
        });
    }
}

namespace Weir.Silo;

using Weir.Grains.Hosting;
using Weir.Silo.Settings;

/// <summary>The one place where the service calls what every Orleans application can call.</summary>
internal static class WeirSilo
{
    public static ISiloBuilder HostWeir(this ISiloBuilder silo, SiloSettings settings, IReadOnlyList<Type> jobs) =>
        silo.AddWeir(weir =>
        {
            weir.Configure(options =>
            {
                options.DataDirectory = settings.DataDirectory;
                options.DefaultPartitions = settings.Partitions;
            });
            foreach (Type job in jobs)
                weir.AddJob(job);
        });
}

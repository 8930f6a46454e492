namespace Weir.Silo;

using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Weir.Client;
using Weir.Engine.Graph;
using Weir.Silo.Health;
using Weir.Silo.Settings;

/// <summary>Runs the silo and its pages in one process until it is told to stop.</summary>
internal static partial class SiloHost
{
    // Containers are given 30 s (docker-compose.yml); a silo that needs longer is killed, and recovers from that too.
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(25);

    public static async Task<int> RunAsync(SiloSettings settings, IReadOnlyList<Type> jobs, TextWriter error)
    {
        string[] taken = [.. FreePorts.Check(settings)];
        foreach (string fault in taken)
            await error.WriteLineAsync($"weir-silo: {fault}");
        if (taken.Length > 0)
            return SiloProgram.Failed;
        try
        {
            await using WebApplication app = Build(settings, jobs);
            await app.StartAsync();
            string addresses = Addresses(settings);
            LogReady(app.Logger, addresses, settings.DataDirectory, jobs.Count);
            await app.WaitForShutdownAsync();
            return SiloProgram.Done;
        }
        catch (OptionsValidationException wrong)
        {
            return SiloProgram.Report(wrong.Failures, error);
        }
        catch (JobDefinitionException wrong)
        {
            return SiloProgram.Report([wrong.Message], error);
        }
        catch (Exception fault)
        {
            await error.WriteLineAsync($"weir-silo: The silo can not start: {fault.GetBaseException().Message}");
            return SiloProgram.Failed;
        }
    }

    private static WebApplication Build(SiloSettings settings, IReadOnlyList<Type> jobs)
    {
        // Empty: no setting reaches the silo but the ones that were read and checked.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(SiloHost).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddJsonFile("appsettings.json", optional: true);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging")).AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        });
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.AddWeirClient();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWithin);
        builder.Host.UseOrleans(silo => silo
            .UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, serviceId: "weir", clusterId: "weir")
            .Configure<EndpointOptions>(endpoints => endpoints.GatewayListeningEndpoint =
                new IPEndPoint(settings.GatewayAddress, settings.GatewayPort))
            .HostWeir(settings, jobs));

        WebApplication app = builder.Build();
        app.Urls.Clear();
        app.Urls.Add(settings.HttpUrl.GetLeftPart(UriPartial.Authority));
        app.MapHealthPages();
        return app;
    }

    private static string Addresses(SiloSettings settings) =>
        $"gateway {settings.GatewayAddress}:{settings.GatewayPort}, silo 127.0.0.1:{settings.SiloPort}, "
        + settings.HttpUrl.GetLeftPart(UriPartial.Authority);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "Weir is ready: {Addresses}, data in {Directory}, jobs: {Jobs}")]
    private static partial void LogReady(ILogger logger, string addresses, string directory, int jobs);
}

namespace Weir.Silo;

using Microsoft.Extensions.Options;
using Npgsql;
using Weir.Client;
using Weir.Engine.Graph;
using Weir.Protocol.Logs;
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
            string place = settings.Database is null
                ? $"data in {settings.DataDirectory}"
                : $"cluster '{settings.ClusterId}' in the database of "
                    + new NpgsqlConnectionStringBuilder(settings.Database).Host;
            LogReady(app.Logger, addresses, place, jobs.Count);
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
            await error.WriteLineAsync($"weir-silo: The silo can not start: {Explain(fault)}");
            return SiloProgram.Failed;
        }
    }

    // What Weir says of a cause is worth more than the cause alone.
    private static string Explain(Exception fault)
    {
        for (Exception? each = fault; each is not null; each = each.InnerException)
        {
            if (each is EventLogException)
                return each.Message;
        }

        return fault.GetBaseException().Message;
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
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        AddConsole(builder.Logging, settings.LogsJson);
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.AddWeirClient();
        builder.Services.AddSiloMetrics();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopWithin);
        builder.Host.UseOrleans(silo => silo.HostWeir(settings, jobs));

        WebApplication app = builder.Build();
        app.Urls.Clear();
        app.Urls.Add(settings.HttpUrl.GetLeftPart(UriPartial.Authority));
        app.MapHealthPages();
        app.MapMetricsPage();
        return app;
    }

    private static void AddConsole(ILoggingBuilder logging, bool isJson)
    {
        const string Timestamp = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        if (isJson)
            logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, Timestamp));
        else
            logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat) =
                (true, true, $"{Timestamp} "));
    }

    private static string Addresses(SiloSettings settings) =>
        $"gateway {settings.GatewayAddress}:{settings.GatewayPort}, "
        + $"silo {settings.AdvertisedAddress}:{settings.SiloPort}, "
        + settings.HttpUrl.GetLeftPart(UriPartial.Authority);

    [LoggerMessage(
        EventId = 1, Level = LogLevel.Information, Message = "Weir is ready: {Addresses}, {Place}, jobs: {Jobs}")]
    private static partial void LogReady(ILogger logger, string addresses, string place, int jobs);
}

namespace Weir.Silo.Health;

using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

/// <summary>
/// What a silo measures: <c>/metrics</c> for Prometheus, and OTLP to wherever the standard variable
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says, if it is set.
/// </summary>
internal static class MetricsPage
{
    public const string Metrics = "/metrics";

    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    // Weir's own, the actors beneath, and memory, collections and threads of the process.
    private static readonly string[] Meters = ["Weir", "Microsoft.Orleans", "System.Runtime"];

    public static void AddSiloMetrics(this IServiceCollection services) => services.AddOpenTelemetry()
        .ConfigureResource(resource => resource.AddService("weir"))
        .WithMetrics(metrics =>
        {
            metrics.AddMeter(Meters).AddPrometheusExporter();
            if (Environment.GetEnvironmentVariable(OtlpEndpoint) is { Length: > 0 })
                metrics.AddOtlpExporter();
        });

    public static void MapMetricsPage(this WebApplication app) => app.MapPrometheusScrapingEndpoint(Metrics);
}

namespace Weir.Connectors.Kafka;

/// <summary>
/// Azure Event Hubs through their Kafka endpoint: port 9093, TLS, SASL PLAIN with the user <c>$ConnectionString</c> and
/// the connection string itself as the password. A hub is a topic of that name.
/// </summary>
public static class EventHubs
{
    private const string User = "$ConnectionString";
    private const string Endpoint = "Endpoint";

    /// <summary>Points a connection at the namespace that a connection string names.</summary>
    /// <param name="kafka">The connection.</param>
    /// <param name="connectionString">As the portal shows it, of the namespace or of one hub:
    /// <c>Endpoint=sb://NAME.servicebus.windows.net/;SharedAccessKeyName=...;SharedAccessKey=...</c>.</param>
    /// <exception cref="ArgumentException">It has no endpoint or no key.</exception>
    public static void Connect(KafkaConnection kafka, Secret connectionString)
    {
        ArgumentNullException.ThrowIfNull(kafka);
        ArgumentNullException.ThrowIfNull(connectionString);
        kafka.BootstrapServers = $"{HostOf(connectionString.Reveal())}:9093";
        kafka.UseTls = true;
        kafka.User = User;
        kafka.Password = connectionString;
        // The endpoint may take up to a minute while a hub moves.
        kafka.Properties.TryAdd("request.timeout.ms", "60000");
        kafka.Properties.TryAdd("connections.max.idle.ms", "180000");
    }

    /// <summary>The hub that a connection string is limited to, or null.</summary>
    public static string? HubOf(Secret connectionString)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        return PartOf(connectionString.Reveal(), "EntityPath");
    }

    // The text is a secret, so no message repeats any of it.
    private static string HostOf(string text)
    {
        if (PartOf(text, "SharedAccessKey") is null && PartOf(text, "SharedAccessSignature") is null)
            throw new ArgumentException("The connection string of Event Hubs has no SharedAccessKey: copy all of it.");
        return Uri.TryCreate(PartOf(text, Endpoint), UriKind.Absolute, out Uri? uri) && uri is { Scheme: "sb", Host.Length: > 0 }
            ? uri.Host
            : throw new ArgumentException(
                "The connection string of Event Hubs has no Endpoint=sb://NAME.servicebus.windows.net/: copy all of it.");
    }

    private static string? PartOf(string text, string name)
    {
        foreach (string part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && part.AsSpan(0, equals).Equals(name, StringComparison.OrdinalIgnoreCase))
                return part[(equals + 1)..];
        }

        return null;
    }
}

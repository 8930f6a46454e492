namespace Weir.Connectors.Kafka;

using Confluent.Kafka;

/// <summary>Where a Kafka cluster is and how one gets in.</summary>
public class KafkaConnection
{
    /// <summary>Brokers to ask first, as <c>host:port,host:port</c>.</summary>
    public string BootstrapServers { get; set; } = "";

    /// <summary>Whether connections are encrypted; default: no.</summary>
    public bool UseTls { get; set; }

    /// <summary>The name for SASL PLAIN, or null (the default) to connect without one.</summary>
    public string? User { get; set; }

    /// <summary>The password for <see cref="User"/>.</summary>
    public Secret? Password { get; set; }

    /// <summary>How long to wait for an answer, 100 ms or more; default: 10 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Further properties of librdkafka by their names, for example <c>ssl.ca.location</c>. Those that Weir sets for its
    /// own guarantees can not be changed.
    /// </summary>
    public IDictionary<string, string> Properties { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>One sentence per setting that is out of its range.</summary>
    public virtual IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(BootstrapServers))
            yield return "BootstrapServers is empty: name one broker or more, as host:port.";
        if (User is null != Password is null)
            yield return "User and Password belong together: give both or none.";
        if (Timeout < TimeSpan.FromMilliseconds(100))
            yield return $"Timeout is {Timeout}: use 100 ms or more.";
        foreach (string own in Properties.Keys.Where(OwnProperties.Contains))
            yield return $"The property '{own}' can not be changed: Weir's guarantees depend on it.";
    }

    private static readonly HashSet<string> OwnProperties = new(StringComparer.Ordinal)
    {
        "auto.offset.reset", "enable.auto.commit", "enable.auto.offset.store", "enable.partition.eof", "group.id",
        "isolation.level", "enable.idempotence", "acks", "allow.auto.create.topics", "bootstrap.servers",
        "sasl.username", "sasl.password",
    };

    internal T Apply<T>(T config)
        where T : ClientConfig
    {
        config.BootstrapServers = BootstrapServers;
        config.ClientId = "weir";
        // Load balancers in front of a cluster drop connections that say nothing for some minutes.
        config.SocketKeepaliveEnable = true;
        config.MetadataMaxAgeMs = 180_000;
        config.SecurityProtocol = (UseTls, User) switch
        {
            (false, null) => SecurityProtocol.Plaintext,
            (true, null) => SecurityProtocol.Ssl,
            (false, _) => SecurityProtocol.SaslPlaintext,
            (true, _) => SecurityProtocol.SaslSsl,
        };
        if (User is not null)
        {
            config.SaslMechanism = SaslMechanism.Plain;
            config.SaslUsername = User;
            config.SaslPassword = Password?.Reveal();
        }

        foreach ((string name, string value) in Properties)
            config.Set(name, value);
        return config;
    }
}

namespace Weir.Connectors.Tests.Kafka;

using Confluent.Kafka;
using Weir.Connectors.Kafka;

/// <summary>Settings of clusters, and the secrets in them.</summary>
public sealed class KafkaSettingsTests
{
    private const string Connection =
        "Endpoint=sb://orders.servicebus.windows.net/;SharedAccessKeyName=weir;SharedAccessKey=abc=;EntityPath=Clicks";

    [Fact]
    public void Event_Hubs_are_reached_as_Azure_says()
    {
        var kafka = new KafkaOptions();
        EventHubs.Connect(kafka, Secret.FromText($" {Connection}\n"));
        kafka.Topics.Add("clicks");
        Assert.Empty(kafka.Faults());
        ConsumerConfig config = kafka.Apply(new ConsumerConfig());
        Assert.Equal("orders.servicebus.windows.net:9093", config.BootstrapServers);
        Assert.Equal((SecurityProtocol.SaslSsl, SaslMechanism.Plain), (config.SecurityProtocol, config.SaslMechanism));
        Assert.Equal(("$ConnectionString", Connection), (config.SaslUsername, config.SaslPassword));
        Assert.Equal("60000", config.Get("request.timeout.ms"));
        Assert.Equal("Clicks", EventHubs.HubOf(Secret.FromText(Connection)));
        Assert.Null(EventHubs.HubOf(Secret.FromText("Endpoint=sb://a/;SharedAccessKey=b")));
    }

    [Theory]
    [InlineData("Endpoint=sb://orders.servicebus.windows.net/;SharedAccessKeyName=weir", "has no SharedAccessKey")]
    [InlineData("SharedAccessKeyName=weir;SharedAccessKey=topsecret", "has no Endpoint")]
    [InlineData("Endpoint=https://x/;SharedAccessKey=topsecret", "has no Endpoint")]
    [InlineData("topsecret", "has no SharedAccessKey")]
    public void A_connection_string_that_is_none_is_refused_and_not_repeated(string text, string why)
    {
        ArgumentException refused =
            Assert.Throws<ArgumentException>(() => EventHubs.Connect(new KafkaOptions(), Secret.FromText(text)));
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("topsecret", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_come_from_the_environment_or_a_file_and_are_not_shown()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "hush\n");
            Assert.Equal("hush", Secret.FromFile(file).Reveal());
            Assert.Equal("(secret)", $"{Secret.FromFile(file)}");
            File.WriteAllText(file, " \n");
            ArgumentException empty = Assert.Throws<ArgumentException>(() => Secret.FromFile(file));
            Assert.Contains(file, empty.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Throws<ArgumentException>(() => Secret.FromFile(file));
        Environment.SetEnvironmentVariable("WEIR_TEST_SECRET", "quiet");
        Assert.Equal("quiet", Secret.FromEnvironment("WEIR_TEST_SECRET").Reveal());
        Assert.Equal(
            "The environment variable WEIR_TEST_NOTHING is empty: put the secret there.",
            Assert.Throws<ArgumentException>(() => Secret.FromEnvironment("WEIR_TEST_NOTHING")).Message);
    }

    [Fact]
    public void All_faults_are_said_at_once()
    {
        var kafka = new KafkaOptions { User = "weir", Timeout = TimeSpan.Zero };
        kafka.Properties["acks"] = "0";
        kafka.Properties["ssl.ca.location"] = "/ca.pem";
        ArgumentException refused = Assert.Throws<ArgumentException>(() => new KafkaEventLog("orders", kafka));
        foreach (string fault in (string[])["BootstrapServers", "User and Password", "Timeout", "'acks'", "Topics is empty"])
            Assert.Contains(fault, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("ssl.ca.location", refused.Message, StringComparison.Ordinal);
        kafka.Topics.Add("clicks");
        kafka.Topics.Add("clicks");
        Assert.Contains("The topic 'clicks' is named 2 times: name it once.", kafka.Faults());
    }
}

namespace Weir.Samples.Flights.Runs;

using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Topics;
using Weir.Samples.Flights.Input;

/// <summary>Silos that run elsewhere and host the job: those of the assembly of this sample.</summary>
internal sealed class RunningCluster : IRunHost
{
    private readonly WeirConnection _connection;

    private RunningCluster(WeirConnection connection, string gateways)
    {
        _connection = connection;
        Gateways = gateways;
    }

    /// <inheritdoc/>
    public string Gateways { get; }

    /// <inheritdoc/>
    public IWeirClient Client => _connection.Client;

    /// <summary>Connects.</summary>
    /// <param name="gateways">One or more, with commas between.</param>
    /// <param name="producer">The name under which this run sends.</param>
    /// <param name="cancellation">Stops the attempt.</param>
    /// <exception cref="InputException">The cluster holds flights of other files.</exception>
    public static async Task<RunningCluster> ConnectAsync(
        string gateways, string producer, CancellationToken cancellation)
    {
        var options = new WeirConnectionOptions
        {
            Gateways = gateways.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            ConnectTimeout = TimeSpan.FromSeconds(30),
            Client = client => client.RetryFor = TimeSpan.FromMinutes(2),
        };
        var cluster = new RunningCluster(await WeirConnection.ConnectAsync(options, cancellation), gateways);
        try
        {
            await cluster.CheckAsync(producer, cancellation);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    // The results are those of all flights that the cluster has ever been sent, so they must be of one input.
    private async Task CheckAsync(string producer, CancellationToken cancellation)
    {
        TopicDescription? topic = await Client.FindTopicAsync(FlightsJob.Flights, cancellation);
        if (topic is null || !topic.Partitions.Any(partition => partition.Next > 0))
            return;
        await using Producer<Flight> known = Client.CreateProducer(
            FlightsJob.Flights, new ProducerOptions { Name = producer });
        IReadOnlyList<long> stored = await known.StoredAsync(cancellation);
        if (!stored.Any(count => count > 0))
            throw new InputException("The cluster holds flights of other files than these; start a new one for them.");
    }
}

namespace Weir.Connectors.Kafka;

using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Weir.Protocol.Logs;
using Weir.Protocol.Sinks;

/// <summary>
/// Writes the messages of all lanes of a sink, and finds what is there already. Invariant: what is answered is stored on
/// all replicas that are in sync; after a failure the topic is searched again before anything more is written.
/// </summary>
internal sealed class KafkaWriter : IDisposable
{
    /// <summary>The header with the name of the producer.</summary>
    public const string ProducerHeader = "weir-producer";

    /// <summary>The header with the sequence, as decimal digits.</summary>
    public const string SequenceHeader = "weir-sequence";

    private readonly string _sink;
    private readonly string _topic;
    private readonly int _lookBack;
    private readonly KafkaClients _clients;
    private readonly Lazy<IProducer<byte[]?, byte[]?>> _producer;
    private readonly TimeSpan _timeout;
    private readonly Lock _gate = new();
    private (WriterClaim Claim, Task<IReadOnlyDictionary<string, SequenceSet>> Search)? _search;
    private int _partitions;

    public KafkaWriter(string sink, string topic, KafkaConnection connection, int lookBack)
    {
        _sink = sink;
        _topic = topic;
        _lookBack = lookBack;
        _timeout = connection.Timeout;
        _clients = new KafkaClients(sink, connection);
        _producer = new Lazy<IProducer<byte[]?, byte[]?>>(_clients.NewProducer);
    }

    /// <summary>The sequences of a producer at the end of the topic.</summary>
    /// <exception cref="SinkException">The topic is missing, or the cluster does not answer.</exception>
    public async Task<SequenceSet> FindAsync(WriterClaim claim, string producer, CancellationToken cancellation)
    {
        Task<IReadOnlyDictionary<string, SequenceSet>> search;
        lock (_gate)
        {
            if (_search is not { } known || known.Claim != claim || known.Search.IsFaulted)
                _search = known = (claim, Task.Run(() => SearchAsync($"{claim.Job}@{claim.Lineage}/"), CancellationToken.None));
            search = known.Search;
        }

        try
        {
            IReadOnlyDictionary<string, SequenceSet> found = await search.WaitAsync(cancellation).ConfigureAwait(false);
            return found.TryGetValue(producer, out SequenceSet? own) ? own : new SequenceSet();
        }
        catch (EventLogException failure)
        {
            throw Failed("be searched for what was written", failure.Message, failure);
        }
        catch (KafkaException failure)
        {
            throw Failed("be searched for what was written", failure.Error.Reason, failure);
        }
    }

    /// <summary>Appends messages in their order; completes when all are stored.</summary>
    /// <exception cref="SinkException">Some were not, or it is not known.</exception>
    public async Task WriteAsync(
        string producer,
        int instance,
        IReadOnlyList<(long Sequence, OutgoingMessage Message)> messages,
        CancellationToken cancellation)
    {
        if (messages.Count == 0)
            return;
        byte[] name = Encoding.UTF8.GetBytes(producer);
        try
        {
            var sent = new Task[messages.Count];
            for (int i = 0; i < sent.Length; i++)
                sent[i] = _producer.Value.ProduceAsync(
                    PlaceOf(messages[i].Message, instance), ToMessage(name, messages[i]), cancellation);
            await Task.WhenAll(sent).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is KafkaException or OperationCanceledException)
        {
            // What a search before this failure has found says too little now.
            lock (_gate)
                _search = null;
            if (failure is KafkaException refused)
                throw Failed("be written to", refused.Error.Reason, refused);
            throw;
        }
    }

    public void Dispose()
    {
        if (_producer.IsValueCreated)
            _producer.Value.Dispose();
        _clients.Dispose();
    }

    private Confluent.Kafka.TopicPartition PlaceOf(OutgoingMessage message, int instance) =>
        new(_topic, message.Key is null ? new Partition(instance % _partitions) : Partition.Any);

    private static Message<byte[]?, byte[]?> ToMessage(
        byte[] producer, (long Sequence, OutgoingMessage Message) outgoing)
    {
        byte[] sequence = Encoding.ASCII.GetBytes(outgoing.Sequence.ToString(CultureInfo.InvariantCulture));
        return new Message<byte[]?, byte[]?>
        {
            Key = outgoing.Message.Key is { } key ? Encoding.UTF8.GetBytes(key) : null,
            Value = outgoing.Message.Value,
            Headers = new Headers { { ProducerHeader, producer }, { SequenceHeader, sequence } },
        };
    }

    private async Task<IReadOnlyDictionary<string, SequenceSet>> SearchAsync(string prefix)
    {
        _partitions = await _clients.FindPartitionsAsync(_topic).ConfigureAwait(false) ?? throw new SinkException(
            SinkError.Refused,
            $"The sink '{_sink}' writes to the topic '{_topic}', which is not there: create it, or correct its name.");
        var found = new Dictionary<string, SequenceSet>(StringComparer.Ordinal);
        using IConsumer<Ignore, byte[]?> consumer = _clients.NewConsumer(withHeaders: true);
        for (int partition = 0; partition < _partitions; partition++)
        {
            (long first, long next) = await _clients.ExtentOfAsync(_topic, partition).ConfigureAwait(false);
            long from = Math.Max(first, next - _lookBack);
            if (from < next)
                Search(consumer, new TopicPartitionOffset(_topic, partition, from), next, (prefix, found));
        }

        return found;
    }

    private void Search(
        IConsumer<Ignore, byte[]?> consumer,
        TopicPartitionOffset from,
        long next,
        (string Prefix, Dictionary<string, SequenceSet> Sets) found)
    {
        consumer.Assign([from]);
        while (true)
        {
            ConsumeResult<Ignore, byte[]?> result = consumer.Consume(_timeout)
                ?? throw new KafkaException(new Error(ErrorCode.Local_TimedOut, "it gave no messages"));
            if (result.IsPartitionEOF)
                return;
            if (result.Message.Headers.TryGetLastBytes(ProducerHeader, out byte[] name)
                && result.Message.Headers.TryGetLastBytes(SequenceHeader, out byte[] digits)
                && Utf8Parser.TryParse(digits, out long sequence, out int read) && read == digits.Length && sequence >= 0)
                Note(Encoding.UTF8.GetString(name), sequence, found);
            if (result.Offset + 1 >= next)
                return;
        }
    }

    private static void Note(string producer, long sequence, (string Prefix, Dictionary<string, SequenceSet> Sets) found)
    {
        if (!producer.StartsWith(found.Prefix, StringComparison.Ordinal))
            return;
        if (!found.Sets.TryGetValue(producer, out SequenceSet? set))
            found.Sets.Add(producer, set = new SequenceSet());
        set.Add(sequence);
    }

    private SinkException Failed(string what, string reason, Exception failure) => new(
        SinkError.Unavailable,
        $"The topic '{_topic}' of the sink '{_sink}' could not {what} ({reason}); whether events were stored is unknown, "
        + "repeat.",
        failure);
}

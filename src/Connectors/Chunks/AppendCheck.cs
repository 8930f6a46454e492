namespace Weir.Connectors.Chunks;

using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>Refuses requests that are wrong in themselves, before they reach the writer.</summary>
internal static class AppendCheck
{
    public const int MaxNameLength = 500;

    private const int BatchOverhead = 16;
    private const int MaxTopicLength = 200;
    private const int MaxPartitions = 1024;

    /// <summary>How many offsets a batch takes: its events, or 1 for a batch without events.</summary>
    public static int OffsetsOf(in NewBatch batch) => batch.Kind == BatchKind.Events ? batch.Count : 1;

    /// <summary>Checks an append and returns its extent.</summary>
    public static AppendSize Check(AppendRequest request, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Batches is not { Count: > 0 })
            throw Invalid($"The append to {request.Partition} has no batch; give it at least one.");
        if (request.Producer is not null)
            CheckName("producer", request.Producer);
        long offsets = 0;
        long bytes = 0;
        for (int i = 0; i < request.Batches.Count; i++)
        {
            NewBatch batch = request.Batches[i];
            CheckBatch(request, i, batch);
            offsets += OffsetsOf(batch);
            bytes += batch.Payload.Length + BatchOverhead;
        }
        if (bytes > maxBytes)
            throw Invalid(
                $"The append to {request.Partition} has {bytes} bytes but at most {maxBytes} are allowed; split it.");
        if (request.Sequence < 0 || request.Sequence > long.MaxValue - offsets)
            throw Invalid($"The append to {request.Partition} has sequence {request.Sequence}; it must be 0 or more.");
        return new AppendSize(offsets, bytes);
    }

    /// <summary>Checks the description of a new topic.</summary>
    public static void Check(TopicSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        string name = spec.Name ?? "";
        if (name.Length is 0 or > MaxTopicLength || !name.All(IsTopicCharacter))
            throw Invalid(
                $"The topic name '{name}' is not allowed; use 1 to {MaxTopicLength} letters, digits, '.', '_' or '-'.");
        if (spec.Partitions is < 1 or > MaxPartitions)
            throw Invalid($"The topic '{name}' has {spec.Partitions} partitions; give it 1 to {MaxPartitions}.");
        CheckName("schema", spec.Schema);
        if (spec.Retention is null || spec.Retention.Age < TimeSpan.Zero || spec.Retention.BytesPerPartition < 0)
            throw Invalid($"The topic '{name}' has a negative retention; give an age and bytes of 0 or more.");
    }

    public static void CheckName(string what, string name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > MaxNameLength)
            throw Invalid($"The {what} '{name}' is not allowed; give it 1 to {MaxNameLength} characters.");
    }

    public static EventLogException Invalid(string message) => new(EventLogError.InvalidRequest, message);

    private static void CheckBatch(AppendRequest request, int index, in NewBatch batch)
    {
        string? wrong = batch.Kind switch
        {
            BatchKind.Events when batch.Count < 1 => "is of events but has none; give it a count of at least 1",
            BatchKind.Events when batch.Payload.Length < batch.Count =>
                $"claims {batch.Count} events in {batch.Payload.Length} bytes; each event begins with its length",
            BatchKind.Events when batch.Schema?.Length > MaxNameLength =>
                $"has a schema name of more than {MaxNameLength} characters; shorten it",
            BatchKind.Events => null,
            BatchKind.Tick or BatchKind.Advance when batch.Count != 0 || !batch.Payload.IsEmpty =>
                $"is a {batch.Kind} but carries events; send them as a batch of their own",
            BatchKind.Tick or BatchKind.Advance => null,
            BatchKind.End => "is an end batch, which cannot be appended; seal the topic",
            _ => $"is of the unknown kind {(int)batch.Kind}",
        };
        if (wrong is not null)
            throw Invalid($"Batch {index} of the append to {request.Partition} {wrong}.");
    }

    private static bool IsTopicCharacter(char character) =>
        char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';
}

/// <summary>How much an append is.</summary>
/// <param name="Offsets">Offsets it takes.</param>
/// <param name="Bytes">Bytes it counts for, in the queue and against the limit.</param>
internal readonly record struct AppendSize(long Offsets, long Bytes);

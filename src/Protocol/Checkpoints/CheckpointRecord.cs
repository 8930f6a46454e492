namespace Weir.Protocol.Checkpoints;

using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>A complete checkpoint in a job's record.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Epoch">The epoch in which it was taken.</param>
/// <param name="File">The name of its manifest.</param>
/// <param name="Checksum">CRC-32C over the manifest.</param>
/// <param name="TakenAt">When it was begun.</param>
/// <param name="Savepoint">The name of the savepoint that it is, or null. A savepoint is kept until someone removes it.
/// </param>
public sealed record CompleteCheckpoint(
    long Number, long Epoch, string File, uint Checksum, EventTime TakenAt, string? Savepoint)
{
    /// <summary>Whether a manifest that was read is this one.</summary>
    public bool Matches(ReadOnlySpan<byte> manifest) => Checkpoints.Checksum.Of(manifest) == Checksum;
}

/// <summary>
/// What is stored of a job's epochs and checkpoints, by compare-and-set: the single fact that decides what is complete.
/// Invariant: epoch and numbers only grow, and who wrote it last is the only one who may act for the job.
/// </summary>
public sealed record CheckpointRecord
{
    private const byte Version = 1;

    /// <summary>A job that never ran.</summary>
    public static readonly CheckpointRecord Empty = new();

    /// <summary>The last epoch that was begun; 0: none.</summary>
    public long Epoch { get; init; }

    /// <summary>
    /// Who began the epoch: different for every incarnation of a coordinator, so that it can tell its own write, whose
    /// answer was lost, from another's.
    /// </summary>
    public string Writer { get; init; } = "";

    /// <summary>The line of output history.</summary>
    public long Lineage { get; init; }

    /// <summary>Whether the job has finished: all input ended and all output is stored.</summary>
    public bool IsFinished { get; init; }

    /// <summary>Why the job failed and does not restart, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>The complete checkpoints that are kept, oldest first.</summary>
    public IReadOnlyList<CompleteCheckpoint> Retained { get; init; } = [];

    /// <summary>The latest complete checkpoint, or null.</summary>
    public CompleteCheckpoint? Latest => Retained.Count > 0 ? Retained[^1] : null;

    /// <summary>As bytes.</summary>
    public byte[] ToArray()
    {
        var writer = new ByteWriter();
        writer.WriteByte(Version);
        writer.WriteVarint((ulong)Epoch);
        writer.WriteString(Writer);
        writer.WriteVarint((ulong)Lineage);
        writer.WriteBool(IsFinished);
        writer.WriteString(Failure);
        writer.WriteVarint((ulong)Retained.Count);
        foreach (CompleteCheckpoint each in Retained)
        {
            writer.WriteVarint((ulong)each.Number);
            writer.WriteVarint((ulong)each.Epoch);
            writer.WriteString(each.File);
            writer.WriteInt32((int)each.Checksum);
            writer.WriteSigned(each.TakenAt.Milliseconds);
            writer.WriteString(each.Savepoint);
        }

        writer.WriteInt32((int)Checkpoints.Checksum.Of(writer.Written));
        return writer.ToArray();
    }

    /// <summary>Reads what <see cref="ToArray"/> wrote; empty bytes stand for <see cref="Empty"/>.</summary>
    /// <exception cref="CorruptDataException">The bytes are no intact record.</exception>
    public static CheckpointRecord Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
            return Empty;
        if (bytes.Length < 5 || (uint)new ByteReader(bytes[^4..]).ReadInt32() != Checkpoints.Checksum.Of(bytes.Span[..^4]))
            throw new CorruptDataException("the record of a job's checkpoints does not match its checksum");
        var reader = new ByteReader(bytes[..^4]);
        byte version = reader.ReadByte();
        if (version != Version)
            throw new CorruptDataException(
                $"the record of a job's checkpoints has the format {version} and this release reads {Version}");
        var record = new CheckpointRecord
        {
            Epoch = ReadNumber(reader),
            Writer = reader.ReadString() ?? "",
            Lineage = ReadNumber(reader),
            IsFinished = reader.ReadBool(),
            Failure = reader.ReadString(),
            Retained = ReadRetained(reader),
        };
        return reader.Remaining == 0
            ? record
            : throw new CorruptDataException($"{reader.Remaining} bytes of a record were not understood");
    }

    private static CompleteCheckpoint[] ReadRetained(ByteReader reader)
    {
        var retained = new CompleteCheckpoint[reader.ReadCount(9)];
        for (int i = 0; i < retained.Length; i++)
        {
            retained[i] = new CompleteCheckpoint(
                ReadNumber(reader),
                ReadNumber(reader),
                reader.ReadString() ?? throw new CorruptDataException("the name of a manifest is missing"),
                (uint)reader.ReadInt32(),
                new EventTime(reader.ReadSigned()),
                reader.ReadString());
            if (i > 0 && retained[i].Number <= retained[i - 1].Number)
                throw new CorruptDataException($"checkpoint {retained[i].Number} stands behind {retained[i - 1].Number}");
        }

        return retained;
    }

    private static long ReadNumber(ByteReader reader)
    {
        ulong value = reader.ReadVarint();
        return value <= long.MaxValue ? (long)value : throw new CorruptDataException($"{value} is out of range");
    }
}

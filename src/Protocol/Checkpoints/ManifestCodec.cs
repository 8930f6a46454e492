namespace Weir.Protocol.Checkpoints;

using Weir.Engine.Codecs;
using Weir.Engine.Snapshots;
using Weir.Engine.Time;
using Weir.Protocol.Sources;

/// <summary>
/// Manifests and reports as bytes. A manifest is: the letters WMAN, a version, the fields, and a CRC-32C over all of
/// it. Whatever is not exactly that is refused with a <see cref="CorruptDataException"/>.
/// </summary>
public static class ManifestCodec
{
    private const int Magic = 0x4E414D57;
    private const byte Version = 1;
    private const byte ReportVersion = 1;

    /// <summary>A manifest as bytes; equal manifests give equal bytes.</summary>
    public static byte[] Encode(Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var writer = new ByteWriter(1024);
        writer.WriteInt32(Magic);
        writer.WriteByte(Version);
        writer.WriteString(manifest.Job);
        writer.WriteVarint((ulong)manifest.Epoch);
        writer.WriteVarint((ulong)manifest.Number);
        writer.WriteVarint((ulong)manifest.Lineage);
        writer.WriteString(manifest.Fingerprint);
        writer.WriteSigned(manifest.TakenAt.Milliseconds);
        writer.WriteString(manifest.Savepoint);
        writer.WriteBool(manifest.IsFinal);
        writer.WriteVarint((ulong)manifest.Partitions.Count);
        foreach ((string topic, int count) in manifest.Partitions.OrderBy(each => each.Key, StringComparer.Ordinal))
        {
            writer.WriteString(topic);
            writer.WriteVarint((ulong)count);
        }

        writer.WriteVarint((ulong)manifest.Operators.Count);
        foreach (ManifestOperator each in manifest.Operators)
        {
            writer.WriteString(each.Name);
            writer.WriteVarint((ulong)each.Groups);
        }

        writer.WriteVarint((ulong)manifest.Reports.Count);
        foreach (ParticipantReport report in manifest.Reports)
            WriteReport(writer, report);
        writer.WriteInt32((int)Checksum.Of(writer.Written));
        return writer.ToArray();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    /// <exception cref="CorruptDataException">The bytes are not an intact manifest.</exception>
    public static Manifest Decode(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < 9)
            throw new CorruptDataException($"a manifest has {bytes.Length} bytes");
        uint stored = (uint)new ByteReader(bytes[^4..]).ReadInt32();
        if (stored != Checksum.Of(bytes.Span[..^4]))
            throw new CorruptDataException("a manifest does not match its checksum");
        var reader = new ByteReader(bytes[..^4]);
        if (reader.ReadInt32() != Magic)
            throw new CorruptDataException("these bytes are no manifest");
        byte version = reader.ReadByte();
        if (version != Version)
            throw new CorruptDataException(
                $"a manifest has the format {version} and this release reads {Version}: use the release that wrote it");
        Manifest manifest = ReadFields(reader);
        if (reader.Remaining > 0)
            throw new CorruptDataException($"{reader.Remaining} bytes of a manifest were not understood");
        return manifest;
    }

    /// <summary>A report as bytes, for another process.</summary>
    public static byte[] EncodeReport(ParticipantReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var writer = new ByteWriter();
        writer.WriteByte(ReportVersion);
        WriteReport(writer, report);
        return writer.ToArray();
    }

    /// <summary>Reads what <see cref="EncodeReport"/> wrote.</summary>
    /// <exception cref="CorruptDataException">The bytes are not a report.</exception>
    public static ParticipantReport DecodeReport(ReadOnlyMemory<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        byte version = reader.ReadByte();
        if (version != ReportVersion)
            throw new CorruptDataException(
                $"a report has the format {version} and this release reads {ReportVersion}: run one release everywhere");
        ParticipantReport report = ReadReport(reader);
        return reader.Remaining == 0
            ? report
            : throw new CorruptDataException($"{reader.Remaining} bytes of a report were not understood");
    }

    /// <summary>Writes references.</summary>
    public static void WriteRefs(ByteWriter writer, IReadOnlyList<SegmentRef> refs)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteVarint((ulong)refs.Count);
        foreach (SegmentRef each in refs)
        {
            writer.WriteString(each.File);
            writer.WriteVarint((ulong)each.Offset);
            writer.WriteVarint((ulong)each.Length);
            writer.WriteInt32((int)each.Checksum);
        }
    }

    /// <summary>Reads what <see cref="WriteRefs"/> wrote.</summary>
    /// <exception cref="CorruptDataException">The bytes are no references.</exception>
    public static IReadOnlyList<SegmentRef> ReadRefs(ByteReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var refs = new SegmentRef[reader.ReadCount(7)];
        for (int i = 0; i < refs.Length; i++)
        {
            string file = ReadName(reader);
            long offset = ReadNumber(reader);
            long length = ReadNumber(reader);
            if (length > long.MaxValue - offset)
                throw new CorruptDataException($"a reference to {length} bytes at {offset} is impossible");
            refs[i] = new SegmentRef(file, offset, length, (uint)reader.ReadInt32());
        }

        return refs;
    }

    private static Manifest ReadFields(ByteReader reader) => new()
    {
        Job = ReadName(reader),
        Epoch = ReadNumber(reader),
        Number = ReadNumber(reader),
        Lineage = ReadNumber(reader),
        Fingerprint = ReadName(reader),
        TakenAt = new EventTime(reader.ReadSigned()),
        Savepoint = reader.ReadString(),
        IsFinal = reader.ReadBool(),
        Partitions = ReadPartitions(reader),
        Operators = ReadOperators(reader),
        Reports = ReadReports(reader),
    };

    private static Dictionary<string, int> ReadPartitions(ByteReader reader)
    {
        var partitions = new Dictionary<string, int>();
        for (int left = reader.ReadCount(2); left > 0; left--)
        {
            string topic = ReadName(reader);
            if (!partitions.TryAdd(topic, ReadInt(reader)))
                throw new CorruptDataException($"the topic '{topic}' stands twice in a manifest");
        }

        return partitions;
    }

    private static ManifestOperator[] ReadOperators(ByteReader reader)
    {
        var operators = new ManifestOperator[reader.ReadCount(2)];
        for (int i = 0; i < operators.Length; i++)
            operators[i] = new ManifestOperator(ReadName(reader), ReadInt(reader));
        return operators;
    }

    private static ParticipantReport[] ReadReports(ByteReader reader)
    {
        var names = new HashSet<string>();
        var reports = new ParticipantReport[reader.ReadCount(9)];
        for (int i = 0; i < reports.Length; i++)
        {
            reports[i] = ReadReport(reader);
            if (!names.Add(reports[i].Participant))
                throw new CorruptDataException($"'{reports[i].Participant}' stands twice in a manifest");
        }

        return reports;
    }

    private static void WriteReport(ByteWriter writer, ParticipantReport report)
    {
        writer.WriteString(report.Participant);
        writer.WriteVarint((ulong)report.Epoch);
        writer.WriteVarint((ulong)report.Number);
        writer.WriteByte((byte)((report.Mark is null ? 0 : 1) | (report.Cut is null ? 0 : 2)));
        report.Mark?.Write(writer);
        report.Cut?.Write(writer);
        WriteRefs(writer, report.Chain);
        WriteRefs(writer, report.Staged);
        writer.WriteBlob(report.Positions.Span);
        writer.WriteBool(report.HasEnded);
        writer.WriteVarint((ulong)report.BytesWritten);
    }

    private static ParticipantReport ReadReport(ByteReader reader)
    {
        string participant = ReadName(reader);
        long epoch = ReadNumber(reader);
        long number = ReadNumber(reader);
        byte parts = reader.ReadByte();
        if (parts > 3)
            throw new CorruptDataException($"a report of '{participant}' has unknown parts");
        return new ParticipantReport
        {
            Participant = participant,
            Epoch = epoch,
            Number = number,
            Mark = (parts & 1) != 0 ? GroupMark.Read(reader) : null,
            Cut = (parts & 2) != 0 ? SourceCut.Read(reader) : null,
            Chain = ReadRefs(reader),
            Staged = ReadRefs(reader),
            Positions = reader.ReadBlob().ToArray(),
            HasEnded = reader.ReadBool(),
            BytesWritten = ReadNumber(reader),
        };
    }

    private static string ReadName(ByteReader reader) =>
        reader.ReadString() ?? throw new CorruptDataException("a name is missing");

    private static long ReadNumber(ByteReader reader)
    {
        ulong value = reader.ReadVarint();
        return value <= long.MaxValue ? (long)value : throw new CorruptDataException($"{value} is out of range");
    }

    private static int ReadInt(ByteReader reader)
    {
        long value = ReadNumber(reader);
        return value <= int.MaxValue ? (int)value : throw new CorruptDataException($"{value} is out of range");
    }
}

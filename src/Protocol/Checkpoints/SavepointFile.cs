namespace Weir.Protocol.Checkpoints;

using Weir.Engine.Codecs;

/// <summary>
/// A checkpoint as one self-contained file: the letters WSAV, a version, the length of the manifest (4 bytes), the
/// manifest, and then all parts that it refers to, one after another. Invariant: every byte is covered by a checksum
/// or compared with what it must be, so damage is found wherever it is.
/// </summary>
/// <remarks>
/// The manifest is that of the checkpoint, but its references lead into this file: a part of 100 bytes at offset 0 of
/// what follows the manifest, the next at offset 100. Output that was held back for the checkpoint is left out: the job
/// that it was taken of publishes it.
/// </remarks>
public static class SavepointFile
{
    /// <summary>Bytes before the manifest.</summary>
    public const int PrefixLength = 9;

    /// <summary>A longer manifest is refused.</summary>
    public const int MaxManifest = 256 << 20;

    internal const string Inside = "savepoint";
    private const int Magic = 0x56415357;
    private const byte Version = 1;

    /// <summary>What the file of a checkpoint begins with, and the parts that follow it in order.</summary>
    public static (ReadOnlyMemory<byte> Head, IReadOnlyList<SegmentRef> Parts) Plan(Manifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var parts = new List<SegmentRef>();
        var places = new Dictionary<SegmentRef, SegmentRef>();
        long end = 0;
        Manifest inside = WithChains(manifest, part =>
        {
            if (places.TryGetValue(part, out SegmentRef known))
                return known;
            var place = new SegmentRef(Inside, end, part.Length, part.Checksum);
            end += part.Length;
            parts.Add(part);
            places.Add(part, place);
            return place;
        });
        byte[] bytes = ManifestCodec.Encode(inside);
        var head = new ByteWriter(bytes.Length + PrefixLength);
        head.WriteInt32(Magic);
        head.WriteByte(Version);
        head.WriteInt32(bytes.Length);
        head.WriteBytes(bytes);
        return (head.WrittenMemory, parts);
    }

    /// <summary>The length of the manifest, of the first <see cref="PrefixLength"/> bytes.</summary>
    /// <exception cref="CorruptDataException">It is no such file, or one of another version.</exception>
    public static int ReadPrefix(ReadOnlyMemory<byte> prefix)
    {
        var reader = new ByteReader(prefix);
        if (reader.ReadInt32() != Magic)
            throw new CorruptDataException("it is no savepoint of Weir");
        byte version = reader.ReadByte();
        if (version != Version)
            throw new CorruptDataException(
                $"it has the format {version} and this release reads {Version}: use the release that wrote it");
        int length = reader.ReadInt32();
        return length is > 0 and <= MaxManifest
            ? length
            : throw new CorruptDataException($"its manifest has the impossible length {length}");
    }

    /// <summary>The parts that follow the manifest, in order, each once.</summary>
    /// <exception cref="CorruptDataException">They do not lie one after another.</exception>
    public static IReadOnlyList<SegmentRef> PartsOf(Manifest inside)
    {
        ArgumentNullException.ThrowIfNull(inside);
        SegmentRef[] parts =
        [
            .. inside.Reports.SelectMany(report => report.References).Distinct().OrderBy(part => part.Offset)
                .ThenBy(part => part.Length),
        ];
        long end = 0;
        foreach (SegmentRef part in parts)
        {
            if (part.File != Inside || part.Offset != end || part.Length < 0 || part.Length > int.MaxValue)
                throw new CorruptDataException($"a part of {part.Length} bytes lies at {part.Offset}, not at {end}");
            end += part.Length;
        }

        return parts;
    }

    /// <summary>The manifest with other references to its segments, and without output and its positions.</summary>
    public static Manifest WithChains(Manifest manifest, Func<SegmentRef, SegmentRef> place)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(place);
        return manifest with
        {
            Reports =
            [
                .. manifest.Reports.Select(report => report with
                {
                    Chain = [.. report.Chain.Select(place)],
                    Staged = [],
                    Positions = default,
                }),
            ],
        };
    }
}

namespace Weir.Protocol.Checkpoints;

/// <summary>Where bytes of a participant lie: a part of a file of the checkpoint store.</summary>
/// <param name="File">Name of the file, as in <see cref="ICheckpointStore"/>.</param>
/// <param name="Offset">First byte in the file.</param>
/// <param name="Length">Number of bytes.</param>
/// <param name="Checksum">CRC-32C over the bytes.</param>
public readonly record struct SegmentRef(string File, long Offset, long Length, uint Checksum)
{
    /// <summary>The length that the file must have at least.</summary>
    public long End => Offset + Length;
}

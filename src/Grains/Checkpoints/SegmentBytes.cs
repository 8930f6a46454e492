namespace Weir.Grains.Checkpoints;

using Weir.Protocol.Checkpoints;

/// <summary>Reads the bytes of segments that are too long to be held at once.</summary>
internal static class SegmentBytes
{
    /// <summary>The checksum of a part of a file as it is stored now.</summary>
    /// <param name="file">The file.</param>
    /// <param name="part">The part.</param>
    /// <param name="block">Room to read into.</param>
    public static uint ChecksumOf(IStoredFile file, SegmentRef part, byte[] block)
    {
        uint checksum = 0;
        for (long done = 0; done < part.Length;)
        {
            int length = (int)Math.Min(block.Length, part.Length - done);
            file.Read(part.Offset + done, block.AsSpan(0, length));
            checksum = Checksum.Append(checksum, block.AsSpan(0, length));
            done += length;
        }

        return checksum;
    }
}

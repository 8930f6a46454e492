namespace Weir.Connectors.Chunks;

using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

/// <summary>Who appended the chunk that ends at an offset, and the sequence of that offset.</summary>
internal readonly record struct ChunkOrigin(long Next, string Producer, long NextSequence)
{
    /// <summary>Over the row and its place, since a wrong row would take back what is another's.</summary>
    public long Checksum(long partition)
    {
        Span<byte> numbers = stackalloc byte[3 * sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(numbers, partition);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], Next);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[16..], NextSequence);
        return (long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(Producer), (long)XxHash3.HashToUInt64(numbers));
    }
}

namespace Weir.Engine.Operators;

using System.Buffers;
using Weir.Engine.Codecs;

/// <summary>
/// Arrays for output, which waits until its checkpoint is complete and is appended then: long enough for the collector to
/// move it to where old objects are, and too short to be left there. Who has appended a payload returns it; one that is
/// never returned is collected.
/// </summary>
public static class OutputBuffers
{
    // As a writer's batches; as many as the output of a second that waits and of another that is being appended.
    private const int MostBytes = 64 * 1024;
    private const int MostOfASize = 2048;
    private static readonly ArrayPool<byte> Pool = ArrayPool<byte>.Create(MostBytes, MostOfASize);

    /// <summary>Gives back what <see cref="OutputBatch.Payload"/> holds; nobody may read it any more. Does nothing for
    /// bytes that come from elsewhere or were given back.</summary>
    /// <param name="payload">The payload, or a part of it.</param>
    public static void Return(ReadOnlyMemory<byte> payload) => PooledBytes.Return(payload);

    internal static ByteWriter NewWriter() => new(Pool);
}

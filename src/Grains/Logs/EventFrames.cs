namespace Weir.Grains.Logs;

using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>Events of one type as the payload of a batch, and back: each is its length and the bytes of its codec.
/// </summary>
internal static class EventFrames
{
    /// <summary>Adds an event to a payload.</summary>
    public static void Write<T>(ByteWriter payload, Codec<T> codec, in T value)
    {
        int start = payload.BeginFrame();
        codec.Write(payload, in value);
        payload.EndFrame(start);
    }

    /// <summary>The events of a batch from an offset on.</summary>
    /// <exception cref="CorruptDataException">The bytes are not events of the type.</exception>
    public static IEnumerable<(long Offset, T Value)> Read<T>(EventBatch batch, Codec<T> codec, long from)
    {
        var bytes = new ByteReader(batch.Payload);
        for (int i = 0; i < batch.Count; i++)
        {
            int outer = bytes.EnterFrame();
            if (batch.FirstOffset + i >= from)
                yield return (batch.FirstOffset + i, ReadOne(bytes, codec));
            bytes.LeaveFrame(outer);
        }
    }

    private static T ReadOne<T>(ByteReader bytes, Codec<T> codec)
    {
        T value = codec.Read(bytes);
        return bytes.Remaining == 0
            ? value
            : throw new CorruptDataException($"{bytes.Remaining} bytes of the event were not understood");
    }
}

namespace Weir.Protocol.Sources;

using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>
/// Hashes batches and stretches of them. Stable over processes and releases: the values stand in manifests.
/// Of a batch that comes in parts each event is hashed alone, and counts as one, so that a stretch has one hash however
/// it was fetched.
/// </summary>
public static class BatchHash
{
    /// <summary>The hash of one batch: all its fields and its payload.</summary>
    public static ulong Of(in EventBatch batch)
    {
        Span<byte> head = stackalloc byte[48];
        BinaryPrimitives.WriteInt64LittleEndian(head, batch.FirstOffset);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], batch.Next);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], batch.Stamp.Milliseconds);
        BinaryPrimitives.WriteInt64LittleEndian(head[24..], batch.Time.Milliseconds);
        BinaryPrimitives.WriteInt32LittleEndian(head[32..], batch.Count);
        BinaryPrimitives.WriteInt32LittleEndian(head[36..], (int)batch.Kind | ((int)batch.Part << 8));
        string schema = batch.Schema ?? "";
        BinaryPrimitives.WriteInt64LittleEndian(
            head[40..], (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(schema.AsSpan())));
        return XxHash3.HashToUInt64(batch.Payload.Span, (long)XxHash3.HashToUInt64(head));
    }

    /// <summary>The digest of a stretch and the batch, or part, that follows it.</summary>
    public static InputDigest Append(InputDigest digest, in EventBatch batch)
    {
        foreach (EventBatch unit in UnitsOf(batch))
            digest = Append(digest, unit.Next, Of(in unit));
        return digest;
    }

    /// <summary>The digest of a stretch and the batch that follows it, whose hash is known.</summary>
    public static InputDigest Append(InputDigest digest, long next, ulong hash) => new(
        digest.From, next, digest.Batches + 1, StableHash.Mix(digest.Hash * 0x9E3779B97F4A7C15UL + hash));

    /// <summary>The digest of one batch, or of the first event of a part.</summary>
    public static InputDigest Alone(in EventBatch batch)
    {
        EventBatch unit = UnitsOf(batch).First();
        return Append(InputDigest.At(unit.FirstOffset), unit.Next, Of(in unit));
    }

    /// <summary>What is hashed as one: a whole batch, or each event of a part.</summary>
    public static IEnumerable<EventBatch> UnitsOf(EventBatch batch)
    {
        if (batch.Part == BatchPart.Whole)
        {
            yield return batch;
            yield break;
        }

        var reader = new ByteReader(batch.Payload);
        for (int i = 0; i < batch.Count; i++)
        {
            int start = batch.Payload.Length - reader.Remaining;
            reader.ReadBlob();
            int end = batch.Payload.Length - reader.Remaining;
            yield return batch with
            {
                From = i == 0 ? batch.From : batch.FirstOffset + i,
                Next = batch.FirstOffset + i + 1,
                Count = 1,
                Part = i == 0 ? batch.Part : BatchPart.Next,
                Payload = batch.Payload[start..end],
            };
        }
    }
}

namespace Weir.Grains.Checkpoints;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Logs;
using Weir.Protocol.Sources;

/// <summary>
/// Verifies parts of stored checkpoints and of their input, a bounded piece at a time. Invariant: it keeps nothing
/// between two pieces, so any silo goes on where another has stopped.
/// </summary>
internal sealed class PartVerifier(ICheckpointStore store, IEventLog log)
{
    private const int Block = 1 << 20;
    private const long PieceBytes = 8 << 20;

    public static UnverifiedPart Describe(StoredParts file)
    {
        var content = new ByteWriter();
        content.WriteVarint((ulong)file.Parts.Count);
        foreach (SegmentRef part in file.Parts)
        {
            content.WriteVarint((ulong)part.Offset);
            content.WriteVarint((ulong)part.Length);
            content.WriteInt32((int)part.Checksum);
        }

        var verified = new VerifiedPart
        {
            Kind = VerifiedKind.Segments,
            Name = file.File,
            To = file.Parts.Sum(part => part.Length),
            Checkpoints = [.. file.Checkpoints],
            State = VerifiedState.Intact,
        };
        return new UnverifiedPart(verified, content.ToArray());
    }

    public static UnverifiedPart Describe(ReadStretch stretch)
    {
        var content = new ByteWriter();
        content.WriteString(stretch.Partition.Topic);
        content.WriteVarint((ulong)stretch.Partition.Partition);
        stretch.Digest.Write(content);
        var verified = new VerifiedPart
        {
            Kind = VerifiedKind.Input,
            Name = stretch.Partition.ToString(),
            From = stretch.Digest.From,
            To = stretch.Digest.Next,
            Checkpoints = [.. stretch.Checkpoints],
            State = stretch.IsRecorded ? VerifiedState.Intact : VerifiedState.NotRecorded,
        };
        return new UnverifiedPart(verified, content.ToArray());
    }

    /// <summary>Verifies the next piece.</summary>
    /// <exception cref="WeirException">The store or the log does not answer.</exception>
    public async Task<VerifyStep> VerifyAsync(UnverifiedPart open, ReadOnlyMemory<byte> cursor)
    {
        try
        {
            return open.Part.Kind == VerifiedKind.Segments
                ? await VerifySegmentsAsync(open, cursor)
                : await VerifyInputAsync(open, cursor);
        }
        catch (CheckpointStoreException fault) when (fault.Error == CheckpointStoreError.Unavailable)
        {
            throw new WeirException(WeirError.Unavailable, fault.Message);
        }
        catch (Exception fault) when (fault is CheckpointStoreException or CorruptDataException)
        {
            return Done(open, VerifiedState.Damaged, fault.Message);
        }
        catch (EventLogException fault) when (fault.Error != EventLogError.Unavailable)
        {
            return fault.Error switch
            {
                EventLogError.OffsetExpired => Done(open, VerifiedState.NotRetained, fault.Message),
                EventLogError.Corrupt => Done(open, VerifiedState.Damaged, fault.Message),
                _ => Done(open, VerifiedState.Differs, fault.Message),
            };
        }
    }

    private async Task<VerifyStep> VerifySegmentsAsync(UnverifiedPart open, ReadOnlyMemory<byte> cursor)
    {
        SegmentRef[] parts = ReadParts(open);
        int next = cursor.IsEmpty ? 0 : (int)new ByteReader(cursor).ReadVarint();
        using IStoredFile file = await store.OpenAsync(open.Part.Name);
        var block = new byte[Block];
        for (long bytes = 0; next < parts.Length && bytes < PieceBytes; next++)
        {
            SegmentRef part = parts[next];
            if (await Task.Run(() => SegmentBytes.ChecksumOf(file, part, block)) != part.Checksum)
                return Done(
                    open,
                    VerifiedState.Damaged,
                    $"The {part.Length} bytes at {part.Offset} do not match their checksum.");
            bytes += part.Length;
        }

        if (next == parts.Length)
            return Done(open, VerifiedState.Intact, null);
        var after = new ByteWriter();
        after.WriteVarint((ulong)next);
        return new VerifyStep(null, after.ToArray());
    }

    private static SegmentRef[] ReadParts(UnverifiedPart open)
    {
        var reader = new ByteReader(open.Content);
        var parts = new SegmentRef[reader.ReadCount(6)];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = new SegmentRef(
                open.Part.Name, (long)reader.ReadVarint(), (long)reader.ReadVarint(), (uint)reader.ReadInt32());
        return parts;
    }

    private async Task<VerifyStep> VerifyInputAsync(UnverifiedPart open, ReadOnlyMemory<byte> cursor)
    {
        var reader = new ByteReader(open.Content);
        var place = new TopicPartition(reader.ReadString() ?? "", (int)reader.ReadVarint());
        var expected = InputDigest.Read(reader);
        InputDigest found = cursor.IsEmpty
            ? InputDigest.At(expected.From)
            : InputDigest.Read(new ByteReader(cursor));
        long bytes = 0;
        while (found.Next < expected.Next && bytes < PieceBytes)
        {
            LogFetch fetch = await log.ReadAsync(place, found.Next, ReadLimits.Default);
            if (fetch.Batches.Count == 0 || fetch.From != found.Next)
                return Done(open, VerifiedState.Differs, fetch.Batches.Count == 0
                    ? $"The log ends at {found.Next}, and the job has read up to {expected.Next}."
                    : $"A batch begins at {fetch.From}, where the job has found none.");
            foreach (EventBatch batch in fetch.Batches.TakeWhile(_ => found.Next < expected.Next))
            {
                EventBatch read = batch.Part == BatchPart.Whole ? batch : batch.Before(expected.Next);
                found = BatchHash.Append(found, in read);
                bytes += batch.Payload.Length + 1;
            }
        }

        if (found.Next < expected.Next)
        {
            var after = new ByteWriter();
            found.Write(after);
            return new VerifyStep(null, after.ToArray());
        }

        bool isRecorded = open.Part.State == VerifiedState.Intact;
        return isRecorded && found != expected
            ? Done(open, VerifiedState.Differs, Compare(expected, found))
            : Done(open, open.Part.State, null);
    }

    private static string Compare(InputDigest expected, InputDigest found) =>
        $"The job has read {expected.Batches} batches up to {expected.Next} with the hash {expected.Hash:x16}, and the "
        + $"log has {found.Batches} up to {found.Next} with {found.Hash:x16}.";

    private static VerifyStep Done(UnverifiedPart open, VerifiedState state, string? detail) =>
        new(open.Part with { State = state, Detail = detail }, default);
}

namespace Weir.Connectors.Sinks;

using Weir.Engine.Codecs;
using Weir.Protocol.Sinks;

/// <summary>
/// The events of an append without those that are stored already. Example: of sequence 10 and batches of 3 and 4 events,
/// a lane whose next sequence is 15 takes the last 2.
/// </summary>
internal static class SinkEvents
{
    private const int MostAtOnce = 1 << 20;

    /// <summary>All events behind the first <paramref name="skip"/>.</summary>
    public static List<T> Decode<T>(Codec<T> codec, IReadOnlyList<SinkBatch> batches, long skip)
    {
        var events = new List<T>(Math.Max(0, (int)Math.Min(batches.Sum(batch => (long)batch.Count) - skip, MostAtOnce)));
        events.AddRange(Read(codec, batches, skip));
        return events;
    }

    /// <summary>The events behind the first <paramref name="skip"/>, each when it is asked for.</summary>
    public static IEnumerable<T> Read<T>(Codec<T> codec, IReadOnlyList<SinkBatch> batches, long skip)
    {
        var reader = new ByteReader();
        foreach (SinkBatch batch in batches)
        {
            if (skip >= batch.Count)
            {
                skip -= batch.Count;
                continue;
            }

            reader.Reset(batch.Payload);
            for (int i = 0; i < batch.Count; i++)
            {
                int outer = reader.EnterFrame();
                if (i >= skip)
                    yield return codec.Read(reader);
                reader.LeaveFrame(outer);
            }

            skip = 0;
        }
    }

    /// <summary>How many events of an append are stored already; a gap is refused.</summary>
    /// <exception cref="SinkException">Gap.</exception>
    public static long StoredPart(long sequence, long next, string where) => sequence <= next
        ? next - sequence
        : throw new SinkException(
            SinkError.Gap,
            $"{where} was given events from sequence {sequence} on, but {next} is next: what lies between was not stored "
            + "here, or was removed; restore what the sink has lost, or start the job from an older checkpoint.");
}

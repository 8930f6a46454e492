namespace Weir.Engine.Errors;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>A key that an operator keeps in quarantine.</summary>
/// <param name="Key">The key.</param>
/// <param name="Events">Events held, the failed one first; 0 if a timer failed and nothing has come since.</param>
/// <param name="Error">The operator, the key, where the event lies, and what was thrown.</param>
/// <param name="Watermark">How far event time had come when it failed.</param>
/// <param name="Clock">How far the ingestion clock had come when it failed.</param>
public sealed record QuarantinedKey(object Key, int Events, string Error, EventTime Watermark, EventTime Clock);

/// <summary>More events came for a key in quarantine than its operator may hold.</summary>
public sealed class QuarantineFullException(string error) : Exception(
    "The key is in quarantine and holds as many events as it may: remove the cause and release it, or discard it, before "
    + $"more come, or allow more with AtMost. The cause was: {error}");

/// <summary>An event with everything that is needed to apply it later as if it came when it did.</summary>
internal readonly record struct HeldEvent<T>(
    T Value, EventTime Time, EventTime Watermark, EventTime Clock, int Channel, long Offset);

/// <summary>
/// What is held for a key. Invariant: its state is that of before the first held event or the failed timer.
/// </summary>
internal sealed class HeldKey<T>(string error, EventTime watermark, EventTime clock)
{
    public string Error => error;

    public EventTime Watermark => watermark;

    public EventTime Clock => clock;

    public List<HeldEvent<T>> Events { get; } = [];

    /// <summary>The timer that failed, by its clock and its number there; null if an event did.</summary>
    public (TimeDomain Domain, long Sequence)? Timer { get; set; }

    /// <summary>
    /// Timers that came due meanwhile and were taken out of their queue; they go back before anybody looks.
    /// </summary>
    public List<(TimeDomain Domain, DueTimer Timer)> Parked { get; } = [];

    /// <summary>Whether time only went on from when it was held to each event and to now.</summary>
    public bool IsInOrder(EventTime watermarkNow, EventTime clockNow)
    {
        (EventTime lastWatermark, EventTime lastClock) = (Watermark, Clock);
        foreach (HeldEvent<T> each in Events)
        {
            if (each.Watermark < lastWatermark || each.Clock < lastClock)
                return false;
            (lastWatermark, lastClock) = (each.Watermark, each.Clock);
        }

        return lastWatermark <= watermarkNow && lastClock <= clockNow;
    }

    public QuarantinedKey Describe(object key, int events) => new(key, events, Error, Watermark, Clock);
}

/// <summary>The keys in quarantine of a key group, by row.</summary>
internal sealed class HeldKeys<T>(Codec<T> codec)
{
    private readonly SortedDictionary<int, HeldKey<T>> _keys = [];

    public int Count => _keys.Count;

    public IEnumerable<KeyValuePair<int, HeldKey<T>>> All => _keys;

    public HeldKey<T>? Find(int row) => _keys.Count == 0 ? null : _keys.GetValueOrDefault(row);

    public void Add(int row, HeldKey<T> key) => _keys.Add(row, key);

    public void Remove(int row) => _keys.Remove(row);

    public void Write(int row, ByteWriter writer)
    {
        HeldKey<T>? held = Find(row);
        writer.WriteBool(held is not null);
        if (held is null)
            return;
        writer.WriteString(held.Error);
        writer.WriteSigned(held.Watermark.Milliseconds);
        writer.WriteSigned(held.Clock.Milliseconds);
        writer.WriteBool(held.Timer is not null);
        if (held.Timer is { } timer)
        {
            writer.WriteBool(timer.Domain == TimeDomain.Processing);
            writer.WriteSigned(timer.Sequence);
        }

        writer.WriteVarint((ulong)held.Events.Count);
        foreach (HeldEvent<T> each in held.Events)
        {
            T value = each.Value;
            codec.Write(writer, in value);
            writer.WriteSigned(each.Time.Milliseconds);
            writer.WriteSigned(each.Watermark.Milliseconds);
            writer.WriteSigned(each.Clock.Milliseconds);
            writer.WriteSigned(each.Channel);
            writer.WriteSigned(each.Offset);
        }
    }

    /// <summary>Reads what follows the flag that there is something.</summary>
    public void Read(int row, ByteReader reader)
    {
        string error = reader.ReadString() ?? throw new CorruptDataException("a key in quarantine has no reason");
        var held = new HeldKey<T>(error, new EventTime(reader.ReadSigned()), new EventTime(reader.ReadSigned()));
        if (reader.ReadBool())
        {
            TimeDomain domain = reader.ReadBool() ? TimeDomain.Processing : TimeDomain.Event;
            held.Timer = (domain, reader.ReadSigned());
        }

        int count = reader.ReadCount(5);
        for (int i = 0; i < count; i++)
        {
            T value = codec.Read(reader);
            held.Events.Add(new HeldEvent<T>(
                value,
                new EventTime(reader.ReadSigned()),
                new EventTime(reader.ReadSigned()),
                new EventTime(reader.ReadSigned()),
                (int)Math.Clamp(reader.ReadSigned(), -1, int.MaxValue),
                reader.ReadSigned()));
        }

        Add(row, held);
    }
}

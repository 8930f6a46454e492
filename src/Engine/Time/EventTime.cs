namespace Weir.Engine.Time;

using System.Runtime.CompilerServices;
using System.Text;

/// <summary>
/// A point in time in milliseconds since 1970-01-01T00:00:00Z, on either clock of the engine (event time or
/// processing time). Arithmetic saturates at the 64-bit limits instead of wrapping.
/// </summary>
/// <remarks>
/// The lowest value is reserved: it is <see cref="None"/> where an event carries no timestamp, and
/// <see cref="MinValue"/> where a watermark has not advanced yet (Flink's rule, notes on watermarks).
/// </remarks>
/// <param name="Milliseconds">Milliseconds since the epoch; the whole 64-bit range is valid.</param>
public readonly record struct EventTime(long Milliseconds) : IComparable<EventTime>
{
    /// <summary>The lowest time: a watermark before any event.</summary>
    public static readonly EventTime MinValue = new(long.MinValue);

    /// <summary>No timestamp; the same value as <see cref="MinValue"/>.</summary>
    public static readonly EventTime None = MinValue;

    /// <summary>The highest time: the watermark at the end of the input.</summary>
    public static readonly EventTime MaxValue = new(long.MaxValue);

    /// <summary>Whether this is a timestamp at all, that is, not <see cref="None"/>.</summary>
    public bool HasValue => Milliseconds != long.MinValue;

    /// <summary>The time of a <see cref="DateTimeOffset"/>, rounded down to whole milliseconds.</summary>
    public static EventTime From(DateTimeOffset time) => new(time.ToUnixTimeMilliseconds());

    /// <summary>The time of a <see cref="DateTime"/>; an unspecified kind is read as UTC.</summary>
    public static EventTime From(DateTime time)
    {
        DateTime utc = time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time;
        return From(new DateTimeOffset(DateTime.SpecifyKind(utc, DateTimeKind.Utc)));
    }

    /// <summary>This time as a UTC <see cref="DateTimeOffset"/>, clamped to the range that type can hold.</summary>
    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.FromUnixTimeMilliseconds(
        Math.Clamp(Milliseconds, -62135596800000, 253402300799999));

    /// <summary>This time plus a number of milliseconds, saturating.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EventTime Plus(long milliseconds)
    {
        long sum = unchecked(Milliseconds + milliseconds);
        bool overflows = ((Milliseconds ^ sum) & (milliseconds ^ sum)) < 0;
        return new EventTime(overflows ? milliseconds > 0 ? long.MaxValue : long.MinValue : sum);
    }

    /// <summary>This time minus a number of milliseconds, saturating.</summary>
    public EventTime Minus(long milliseconds) =>
        milliseconds == long.MinValue ? Plus(long.MaxValue).Plus(1) : Plus(-milliseconds);

    /// <summary>A time later by <paramref name="span"/>, in whole milliseconds, saturating.</summary>
    public static EventTime operator +(EventTime time, TimeSpan span) =>
        time.Plus(span.Ticks / TimeSpan.TicksPerMillisecond);

    /// <summary>A time earlier by <paramref name="span"/>, in whole milliseconds, saturating.</summary>
    public static EventTime operator -(EventTime time, TimeSpan span) =>
        time.Minus(span.Ticks / TimeSpan.TicksPerMillisecond);

    /// <summary>The distance between two times, clamped to what a <see cref="TimeSpan"/> can hold.</summary>
    public static TimeSpan operator -(EventTime later, EventTime earlier)
    {
        long distance = later.Minus(earlier.Milliseconds).Milliseconds;
        const long limit = long.MaxValue / TimeSpan.TicksPerMillisecond;
        return new TimeSpan(Math.Clamp(distance, -limit, limit) * TimeSpan.TicksPerMillisecond);
    }

    /// <summary>Whether the left time is earlier.</summary>
    public static bool operator <(EventTime left, EventTime right) => left.Milliseconds < right.Milliseconds;

    /// <summary>Whether the left time is later.</summary>
    public static bool operator >(EventTime left, EventTime right) => left.Milliseconds > right.Milliseconds;

    /// <summary>Whether the left time is not later.</summary>
    public static bool operator <=(EventTime left, EventTime right) => left.Milliseconds <= right.Milliseconds;

    /// <summary>Whether the left time is not earlier.</summary>
    public static bool operator >=(EventTime left, EventTime right) => left.Milliseconds >= right.Milliseconds;

    /// <summary>The later of two times.</summary>
    public static EventTime Max(EventTime left, EventTime right) => left > right ? left : right;

    /// <summary>The earlier of two times.</summary>
    public static EventTime Min(EventTime left, EventTime right) => left < right ? left : right;

    /// <inheritdoc/>
    public int CompareTo(EventTime other) => Milliseconds.CompareTo(other.Milliseconds);

    /// <summary>ISO 8601 in UTC, or "none" and "end" at the limits.</summary>
    public override string ToString()
    {
        Span<byte> text = stackalloc byte[LongestText];
        return Encoding.ASCII.GetString(text[..WriteText(text)]);
    }

    /// <summary>The length of the longest text.</summary>
    internal const int LongestText = 24;

    /// <summary>Writes what <see cref="ToString"/> gives, all of it ASCII; returns its length.</summary>
    internal int WriteText(Span<byte> text)
    {
        if (Milliseconds is long.MinValue or long.MaxValue)
        {
            ReadOnlySpan<byte> limit = Milliseconds == long.MinValue ? "none"u8 : "end"u8;
            limit.CopyTo(text);
            return limit.Length;
        }

        // By hand: it is what most of a row of text would wait for.
        DateTime time = ToDateTimeOffset().UtcDateTime;
        (int year, int month, int day) = time;
        int milliseconds = (int)(time.TimeOfDay.Ticks / TimeSpan.TicksPerMillisecond);
        int seconds = milliseconds / 1000;
        int minutes = seconds / 60;
        int hours = minutes / 60;
        text = text[..LongestText];
        "0000-00-00T00:00:00.000Z"u8.CopyTo(text);
        AddTwo(text, 0, year / 100);
        AddTwo(text, 2, year % 100);
        AddTwo(text, 5, month);
        AddTwo(text, 8, day);
        AddTwo(text, 11, hours);
        AddTwo(text, 14, minutes - hours * 60);
        AddTwo(text, 17, seconds - minutes * 60);
        AddTwo(text, 20, (milliseconds - seconds * 1000) / 10);
        text[22] += (byte)(milliseconds % 10);
        return LongestText;
    }

    // To two zeros: 7 gives "07".
    private static void AddTwo(Span<byte> text, int at, int value)
    {
        int tens = value / 10;
        text[at] += (byte)tens;
        text[at + 1] += (byte)(value - tens * 10);
    }
}

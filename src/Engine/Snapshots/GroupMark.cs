namespace Weir.Engine.Snapshots;

using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>
/// The small facts of a group at a barrier, kept beside its segments: enough to let time pass, and to count, without
/// reading them.
/// </summary>
/// <param name="Time">The watermarks and clocks of the group's channels, and its counters.</param>
/// <param name="NextEventTimer">
/// The first watermark at which the group has something to do of its own, or the maximum.
/// </param>
/// <param name="NextClockTimer">The first ingestion clock at which it has, or the maximum.</param>
/// <param name="Rows">Number of keys with any state.</param>
public sealed record GroupMark(
    ReadOnlyMemory<byte> Time, EventTime NextEventTimer, EventTime NextClockTimer, int Rows)
{
    /// <summary>Writes the mark.</summary>
    public void Write(ByteWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteBlob(Time.Span);
        writer.WriteSigned(NextEventTimer.Milliseconds);
        writer.WriteSigned(NextClockTimer.Milliseconds);
        writer.WriteVarint((ulong)Rows);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; the mark keeps no reference to the reader's bytes.</summary>
    /// <exception cref="CorruptDataException">The bytes are no such mark.</exception>
    public static GroupMark Read(ByteReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        byte[] time = reader.ReadBlob().ToArray();
        var nextEventTimer = new EventTime(reader.ReadSigned());
        var nextClockTimer = new EventTime(reader.ReadSigned());
        ulong rows = reader.ReadVarint();
        return rows <= int.MaxValue
            ? new GroupMark(time, nextEventTimer, nextClockTimer, (int)rows)
            : throw new CorruptDataException($"a group has the impossible number of {rows} keys");
    }
}

/// <summary>What a group held at a barrier.</summary>
/// <param name="Copy">
/// Gives what is to be stored behind the segments that the group has, or in their place if <paramref name="IsBase"/>.
/// Null: nothing but <paramref name="Mark"/> has changed since the capture before; its segments stay as they were.
/// </param>
/// <param name="IsBase">Whether the segment holds everything, so that the ones before it are not needed any more.</param>
/// <param name="Mark">The group's small facts.</param>
public sealed record GroupCapture(SegmentCopy? Copy, bool IsBase, GroupMark Mark)
{
    /// <summary>The segment, or null; copies what is left of it.</summary>
    public ReadOnlyMemory<byte>? Segment => Copy?.Finish();
}

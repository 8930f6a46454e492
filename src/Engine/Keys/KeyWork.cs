namespace Weir.Engine.Keys;

using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>A step of the group's time as a key sees it: after so many of its own events.</summary>
internal readonly record struct KeyStep(int Position, EventTime Watermark, EventTime Clock, int Step);

/// <summary>
/// A key's share of a slice: its events, and every step of the group's time between them. Events and steps of time are
/// numbered together as the group has them: of event, mark, event the steps are 0, 1 and 2.
/// </summary>
internal sealed class KeyWork
{
    public required EventTime Watermark { get; init; }

    public required EventTime Clock { get; init; }

    /// <summary>The channel that the events came over.</summary>
    public required int Channel { get; init; }

    public required ReadOnlyMemory<byte> Events { get; init; }

    public required IReadOnlyList<int> EventSteps { get; init; }

    public required IReadOnlyList<KeyStep> Marks { get; init; }

    public ReadOnlyMemory<byte> Write()
    {
        var writer = new ByteWriter();
        writer.WriteSigned(Watermark.Milliseconds);
        writer.WriteSigned(Clock.Milliseconds);
        writer.WriteVarint((ulong)Channel);
        writer.WriteBlob(Events.Span);
        writer.WriteVarint((ulong)EventSteps.Count);
        foreach (int step in EventSteps)
            writer.WriteVarint((ulong)step);
        writer.WriteVarint((ulong)Marks.Count);
        foreach (KeyStep mark in Marks)
        {
            writer.WriteVarint((ulong)mark.Position);
            writer.WriteSigned(mark.Watermark.Milliseconds);
            writer.WriteSigned(mark.Clock.Milliseconds);
            writer.WriteVarint((ulong)mark.Step);
        }

        return writer.WrittenMemory;
    }

    public static KeyWork Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var watermark = new EventTime(reader.ReadSigned());
        var clock = new EventTime(reader.ReadSigned());
        int channel = (int)Math.Min(reader.ReadVarint(), int.MaxValue);
        ReadOnlyMemory<byte> events = reader.ReadBlob();
        int[] steps = new int[reader.ReadCount()];
        for (int i = 0; i < steps.Length; i++)
            steps[i] = (int)Math.Min(reader.ReadVarint(), int.MaxValue);
        var marks = new KeyStep[reader.ReadCount(4)];
        for (int i = 0; i < marks.Length; i++)
        {
            int position = (int)Math.Min(reader.ReadVarint(), int.MaxValue);
            if (position > steps.Length || (i > 0 && position < marks[i - 1].Position))
                throw new CorruptDataException($"a step of time stands at {position} of {steps.Length} events");
            marks[i] = new KeyStep(
                position,
                new EventTime(reader.ReadSigned()),
                new EventTime(reader.ReadSigned()),
                (int)Math.Min(reader.ReadVarint(), int.MaxValue));
        }

        if (reader.Remaining > 0)
            throw new CorruptDataException($"{reader.Remaining} bytes of a key's work were not understood");
        return new KeyWork
        {
            Watermark = watermark,
            Clock = clock,
            Channel = channel,
            Events = events,
            EventSteps = steps,
            Marks = marks,
        };
    }
}

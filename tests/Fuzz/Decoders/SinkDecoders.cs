namespace Weir.Fuzz.Decoders;

using Weir.Connectors.Files;
using Weir.Fuzz.Inputs;

/// <summary>What sinks read from their disks.</summary>
internal static class SinkDecoders
{
    /// <summary>Journals of file sinks: a damaged end is none, so most damage is accepted.</summary>
    public static Decoder Journals() => new(
        "sink-journals", [JournalOf("empty", 0), JournalOf("small", 1), JournalOf("many", 20)], Refusals.IsCorruptSink);

    private static Sample JournalOf(string name, int appends)
    {
        var file = new Memory();
        var text = new Memory();
        LaneJournal.WriteHead(file, start: 40, epoch: 3);
        LaneJournal journal = LaneJournal.Begin(file, text, start: 40);
        for (int i = 0; i < appends; i++)
            journal.Append(i + 1, "some,text\n"u8);
        return new Sample(name, file.Bytes, bytes => Read(bytes, text));
    }

    private static void Read(byte[] bytes, Memory beside)
    {
        long text = 0;
        LaneJournal journal = LaneJournal.Read(
            new Memory { Bytes = bytes }, "fuzz", _ => beside, part => text += part.Length);
        long copied = 0;
        journal.CopyTo(part => copied += part.Length, "fuzz");
        if (copied != text || journal.TextLength != text || journal.Length > bytes.Length || journal.Next < journal.Start)
            throw new MisbehavedException(
                $"{text} bytes of text in {journal.Length} bytes of {bytes.Length} gave {copied} the second time");
    }

    private sealed class Memory : IDiskFile
    {
        public byte[] Bytes { get; set; } = [];

        public long Length => Bytes.Length;

        public int Read(long at, Span<byte> into)
        {
            ReadOnlySpan<byte> rest = Bytes.AsSpan((int)Math.Min(at, Bytes.Length));
            int count = Math.Min(rest.Length, into.Length);
            rest[..count].CopyTo(into);
            return count;
        }

        public void Write(ReadOnlySpan<byte> bytes, long at)
        {
            byte[] all = Bytes;
            Array.Resize(ref all, (int)at + bytes.Length);
            bytes.CopyTo(all.AsSpan((int)at));
            Bytes = all;
        }

        public void Sync()
        {
        }

        public void Dispose()
        {
        }
    }
}

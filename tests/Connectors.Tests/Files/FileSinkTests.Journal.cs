namespace Weir.Connectors.Tests.Files;

using System.Buffers.Binary;
using Weir.Connectors.Files;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Sinks;

/// <content>What a lane takes over of an unfinished file, and what it refuses.</content>
public sealed partial class FileSinkTests
{
    private const int JournalHead = 28;
    private const int JournalAppend = 20;

    [Fact]
    public async Task A_journal_that_was_cut_or_grew_anywhere_keeps_what_was_whole()
    {
        (byte[] journal, byte[] text) = await UnfinishedAsync();
        for (int length = JournalHead; length <= journal.Length + 30; length++)
            await AssertKeptAsync(Resized(journal, length), text, Math.Clamp((length - JournalHead) / JournalAppend, 0, 3));
        for (int length = 0; length <= text.Length + 30; length++)
            await AssertKeptAsync(journal, Resized(text, length), Math.Clamp((length - "value\n".Length) / "0\n".Length, 0, 3));
    }

    [Fact]
    public async Task A_damaged_beginning_is_reported()
    {
        (byte[] journal, byte[] text) = await UnfinishedAsync();
        for (int at = 0; at < JournalHead; at++)
        {
            byte[] damaged = [.. journal];
            damaged[at] ^= 4;
            await PutUnfinishedAsync(damaged, text);
            await AssertCorruptAsync("damaged: its beginning");
        }
    }

    [Fact]
    public async Task A_text_that_is_missing_is_reported()
    {
        await UnfinishedAsync();
        File.Delete(UnfinishedPath("pending"));
        await AssertCorruptAsync("'000000.000001.0.pending' with the text of its events is missing");
    }

    [Fact]
    public async Task A_journal_of_a_version_that_is_not_known_is_refused()
    {
        (byte[] journal, byte[] text) = await UnfinishedAsync();
        journal[4] = 3;
        BinaryPrimitives.WriteUInt32LittleEndian(journal.AsSpan(24), Checksum.Of(journal.AsSpan(0, 24)));
        await PutUnfinishedAsync(journal, text);
        await AssertCorruptAsync("it has format version 3, and this program knows 2");
    }

    [Fact]
    public async Task A_journal_that_holds_its_texts_itself_as_version_1_did_is_taken_over()
    {
        await UnfinishedAsync();
        File.Delete(UnfinishedPath("pending"));
        byte[] head = Journal(0x57534A4C, 1, 40, []);
        byte[][] appends = [Journal(5, 2, 40, "7\n88\n"u8), Journal(2, 1, 42, "9\n"u8)];
        await File.WriteAllBytesAsync(UnfinishedPath("open"), [.. head, .. appends[0], .. appends[1], 1, 2, 3]);

        await using ISinkLane lane = FileSink.Csv<long>("n", _folder).OpenLane(Producer with { Epoch = 2 }, Codecs);

        Assert.Equal(43, await lane.OpenAsync());
        Assert.Equal("value\n7\n88\n9\n", ReadOnly("n+flights+0+operator%20sums+3+000000.csv"));

        // Of its head and of its appends alike.
        static byte[] Journal(uint first, int second, long third, ReadOnlySpan<byte> text)
        {
            byte[] bytes = new byte[20];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, first);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), second);
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), third);
            BinaryPrimitives.WriteUInt32LittleEndian(
                bytes.AsSpan(16), Checksum.Append(Checksum.Of(bytes.AsSpan(0, 16)), text));
            return [.. bytes, .. text];
        }
    }

    /// <summary>The journal and the text of three appends of one event.</summary>
    private async Task<(byte[] Journal, byte[] Text)> UnfinishedAsync()
    {
        await using ISinkLane lane = FileSink.Csv<long>("n", _folder).OpenLane(Producer, Codecs);
        await lane.OpenAsync();
        for (int i = 0; i < 3; i++)
            await lane.AppendAsync(i, FileSinkRun.Batches(i, i + 1));
        return (await File.ReadAllBytesAsync(UnfinishedPath("open")), await File.ReadAllBytesAsync(UnfinishedPath("pending")));
    }

    /// <summary>Makes these what an ended process has left.</summary>
    private async Task PutUnfinishedAsync(byte[] journal, byte[] text)
    {
        foreach (string file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
            File.Delete(file);
        await File.WriteAllBytesAsync(UnfinishedPath("open"), journal);
        await File.WriteAllBytesAsync(UnfinishedPath("pending"), text);
    }

    private async Task AssertKeptAsync(byte[] journal, byte[] text, int events)
    {
        await PutUnfinishedAsync(journal, text);
        await using ISinkLane lane = FileSink.Csv<long>("n", _folder).OpenLane(Producer with { Epoch = 2 }, Codecs);
        Assert.Equal(events, await lane.OpenAsync());
        Assert.Equal(
            events == 0 ? [] : ["value", .. Enumerable.Range(0, events).Select(value => $"{value}")],
            Finished().SelectMany(name => File.ReadAllLines(Path.Combine(_folder, name))));
    }

    private async Task AssertCorruptAsync(string message)
    {
        await using ISinkLane lane = FileSink.Csv<long>("n", _folder).OpenLane(Producer with { Epoch = 2 }, Codecs);
        SinkException failure = await Assert.ThrowsAsync<SinkException>(async () => await lane.OpenAsync());
        Assert.Equal(SinkError.Corrupt, failure.Error);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    private static byte[] Resized(byte[] bytes, int length) =>
        [.. bytes.Take(length), .. new byte[Math.Max(0, length - bytes.Length)]];

    private string UnfinishedPath(string kind) =>
        Path.Combine(_folder, ".weir", "n+flights+0+operator%20sums+3", $"000000.000001.0.{kind}");
}

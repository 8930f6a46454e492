namespace Weir.Connectors.Tests;

using System.Text;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>Batches of short texts, packed and unpacked as the log's payload format wants them.</summary>
public static class Events
{
    public const string Schema = "Text:1";

    public static NewBatch Batch(params IEnumerable<string> texts)
    {
        var payload = new MemoryStream();
        int count = 0;
        foreach (string text in texts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            for (uint length = (uint)bytes.Length; ; length >>= 7)
            {
                payload.WriteByte((byte)(length < 0x80 ? length : length | 0x80));
                if (length < 0x80)
                    break;
            }
            payload.Write(bytes);
            count++;
        }
        return new NewBatch { Kind = BatchKind.Events, Count = count, Schema = Schema, Payload = payload.ToArray() };
    }

    /// <summary>A batch of the numbers <c>[from, from + count)</c>.</summary>
    public static NewBatch Numbers(long from, int count) =>
        Batch(Enumerable.Range(0, count).Select(i => (from + i).ToString(Culture)));

    public static NewBatch Tick() => new() { Kind = BatchKind.Tick, Schema = "" };

    public static NewBatch Advance(long time) =>
        new() { Kind = BatchKind.Advance, Time = new EventTime(time), Schema = "" };

    public static List<string> Texts(EventBatch batch)
    {
        var texts = new List<string>();
        ReadOnlySpan<byte> rest = batch.Payload.Span;
        while (!rest.IsEmpty)
        {
            int length = 0;
            int shift = 0;
            byte current;
            do
            {
                current = rest[0];
                rest = rest[1..];
                length |= (current & 0x7F) << shift;
                shift += 7;
            }
            while (current >= 0x80);
            texts.Add(Encoding.UTF8.GetString(rest[..length]));
            rest = rest[length..];
        }
        return texts;
    }

    /// <summary>A batch in one line, for example <c>[3,5) a b</c> or <c>[5,6) Tick</c>.</summary>
    public static string Show(EventBatch batch) => batch.Kind switch
    {
        BatchKind.Events => $"[{batch.From},{batch.Next}) {string.Join(' ', Texts(batch))}",
        BatchKind.Advance => $"[{batch.From},{batch.Next}) Advance {batch.Time.Milliseconds}",
        _ => $"[{batch.From},{batch.Next}) {batch.Kind}",
    };

    private static System.Globalization.CultureInfo Culture => System.Globalization.CultureInfo.InvariantCulture;
}

namespace Weir.Connectors.Tests;

using Weir.Engine.Streams;
using Weir.Protocol.Logs;

/// <summary>
/// One partition of a log as simply as it can be said, to compare a real one with. The event of producer p at
/// sequence s is the text "p" + s, so a batch says by itself what it must hold.
/// </summary>
public sealed class EventLogModel
{
    private const int Recent = 8;

    private readonly List<StoredBatch> _batches = [];
    private readonly Dictionary<string, Producer> _producers = [];
    private readonly Dictionary<string, long> _pins = [];

    public long First { get; private set; }

    public long Next { get; private set; }

    public bool IsSealed { get; private set; }

    public long NextSequence(string producer) => _producers.GetValueOrDefault(producer)?.Next ?? 0;

    /// <summary>The batches of a request: a size of 0 is a tick.</summary>
    public static NewBatch[] Batches(string producer, long sequence, IEnumerable<int> sizes)
    {
        var batches = new List<NewBatch>();
        foreach (int size in sizes)
        {
            batches.Add(size == 0 ? Events.Tick() : Events.Batch(Texts(producer, sequence, size)));
            sequence += Math.Max(1, size);
        }
        return [.. batches];
    }

    public string Append(string producer, long epoch, long sequence, int[] sizes)
    {
        Producer known = _producers.GetValueOrDefault(producer) ?? new Producer();
        long end = sequence + sizes.Sum(size => Math.Max(1, size));
        if (epoch < known.Epoch)
            return nameof(EventLogError.Fenced);
        if (end <= known.Next)
        {
            known.Epoch = epoch;
            return known.Locate(sequence, end);
        }
        if (IsSealed)
            return nameof(EventLogError.Sealed);
        if (sequence > known.Next)
            return nameof(EventLogError.SequenceGap);
        var added = new Range(known.Next, Next, end - known.Next);
        long position = sequence;
        foreach (int size in sizes)
        {
            long next = position + Math.Max(1, size);
            long from = Math.Max(position, known.Next);
            if (next > known.Next)
                Add(size == 0 ? "Tick" : string.Join(' ', Texts(producer, from, (int)(next - from))), next - from);
            position = next;
        }
        known.Epoch = epoch;
        known.Ranges.Add(added);
        _producers[producer] = known;
        return $"[{known.OffsetOf(sequence) ?? added.Offset},{Next})";
    }

    public void Seal()
    {
        if (!IsSealed)
            Add("End", 1);
        IsSealed = true;
    }

    public string Pin(string pin, long offset)
    {
        if (offset < First)
            return nameof(EventLogError.OffsetExpired);
        _pins[pin] = offset;
        return "ok";
    }

    public void ReleasePin(string pin) => _pins.Remove(pin);

    public void Truncate(long before)
    {
        long keepFrom = _pins.Values.Append(before).Append(IsSealed ? Next - 1 : Next).Min();
        First = _batches.Where(batch => batch.Next <= keepFrom).Select(batch => batch.Next).Append(First).Max();
    }

    /// <summary>What a read returns, one line a batch, or why not.</summary>
    public string Read(long from, int maxEvents)
    {
        if (from < First)
            return nameof(EventLogError.OffsetExpired);
        if (from > Next)
            return nameof(EventLogError.InvalidRequest);
        var lines = new List<string>();
        long taken = 0;
        foreach (StoredBatch batch in _batches.Where(batch => batch.Next > from))
        {
            taken += batch.Next - batch.From;
            if (lines.Count > 0 && taken > maxEvents)
                break;
            lines.Add($"[{batch.From},{batch.Next}) {batch.Content}");
        }
        return string.Join('\n', lines);
    }

    private static IEnumerable<string> Texts(string producer, long sequence, int count) =>
        Enumerable.Range(0, count).Select(i => $"{producer}{sequence + i}");

    private void Add(string content, long offsets)
    {
        _batches.Add(new StoredBatch(Next, Next + offsets, content));
        Next += offsets;
    }

    private sealed record StoredBatch(long From, long Next, string Content);

    private sealed record Range(long Sequence, long Offset, long Count);

    private sealed class Producer
    {
        public long Epoch { get; set; } = long.MinValue;

        public List<Range> Ranges { get; } = [];

        public long Next => Ranges.Count == 0 ? 0 : Ranges[^1].Sequence + Ranges[^1].Count;

        public long? OffsetOf(long sequence) => Ranges.TakeLast(Recent)
            .Where(range => range.Sequence <= sequence && sequence < range.Sequence + range.Count)
            .Select(range => (long?)(range.Offset + sequence - range.Sequence))
            .FirstOrDefault();

        public string Locate(long sequence, long end) => OffsetOf(sequence) is { } from
            ? $"[{from},{OffsetOf(end - 1) + 1}) again"
            : $"[{Ranges[^1].Offset},{Ranges[^1].Offset + Ranges[^1].Count}) again";
    }
}

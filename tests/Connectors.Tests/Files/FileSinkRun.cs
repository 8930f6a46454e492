namespace Weir.Connectors.Tests.Files;

using Weir.Connectors.Files;
using Weir.Engine.Codecs;
using Weir.Protocol.Sinks;

/// <summary>
/// What a job does with a lane: after every restart it opens it in a new epoch and appends again whatever was not
/// confirmed. A reader takes finished files away whenever it looks.
/// </summary>
internal sealed class FileSinkRun
{
    public const string Folder = "/out";
    private const string Taken = "/taken";

    private static readonly CodecRegistry Codecs = new();
    private readonly Dictionary<string, string> _finished = [];
    private readonly FileSink<long> _sink;
    private readonly Random? _reader;

    public FileSinkRun(SimulatedDisk disk, Random? reader = null)
    {
        Disk = disk;
        _reader = reader;
        _sink = FileSink.Csv<long>("sums", Folder, new FileSinkOptions { RollBytes = 16, Disk = disk });
        disk.CreateFolder(Taken);
        disk.SyncFolder("/");
    }

    public SimulatedDisk Disk { get; }

    /// <summary>How many events were answered as stored.</summary>
    public long Confirmed { get; private set; }

    public ISinkLane Lane(long epoch) =>
        _sink.OpenLane(new SinkProducer("job", 0, "operator sums", 3, epoch), Codecs);

    /// <summary>Appends up to a number of events, in appends of 1 to 3 with something repeated, and ends.</summary>
    public async Task PlayAsync(long epoch, long events)
    {
        await using ISinkLane lane = Lane(epoch);
        long next = await lane.OpenAsync();
        Assert.InRange(next, Confirmed, events);
        Confirmed = next;
        await PlayAsync(lane, events);
        await lane.FinishAsync();
    }

    public async Task PlayAsync(ISinkLane lane, long events)
    {
        while (Confirmed < events)
        {
            long from = Confirmed - (Confirmed % 2);
            long end = Math.Min(events, Confirmed + 1 + (Confirmed % 3));
            await lane.AppendAsync(from, Batches(from, end));
            Confirmed = end;
        }
    }

    /// <summary>The numbers <c>[from, end)</c> in two batches.</summary>
    public static IReadOnlyList<SinkBatch> Batches(long from, long end)
    {
        long middle = (from + end) / 2;
        return [.. new[] { (from, middle), (middle, end) }
            .Where(part => part.Item1 < part.Item2)
            .Select(part => SinkBatches.Of(Codecs, [.. Range(part.Item1, part.Item2)]))];
    }

    /// <summary>Looks at the finished files: none may be torn or have changed; some are taken away.</summary>
    public void Read()
    {
        foreach (string name in Disk.Files(Folder))
        {
            string path = $"{Folder}/{name}";
            if (!name.EndsWith(".csv", StringComparison.Ordinal))
                continue;
            string text = Disk.Text(path);
            Assert.StartsWith("value\n", text, StringComparison.Ordinal);
            Assert.EndsWith("\n", text, StringComparison.Ordinal);
            Assert.Equal(_finished.GetValueOrDefault(name, text), text);
            _finished[name] = text;
            if (_reader?.Next(3) != 0)
                continue;
            Assert.DoesNotContain(name, Disk.Files(Taken));
            Disk.Take(path, $"{Taken}/{name}");
        }
    }

    /// <summary>The finished files, also those that were taken, hold the events, each once and in order.</summary>
    public void AssertComplete(long events)
    {
        (string Name, string Path)[] files =
        [
            .. Disk.Files(Taken).Select(name => (name, $"{Taken}/{name}")),
            .. Disk.Files(Folder).Where(name => name != ".weir").Select(name => (name, $"{Folder}/{name}")),
        ];
        IEnumerable<string> rows = files.OrderBy(file => file.Name, StringComparer.Ordinal)
            .SelectMany(file => Disk.Text(file.Path).TrimEnd('\n').Split('\n')[1..]);
        Assert.Equal(Range(0, events).Select(value => $"{value}"), rows);
    }

    private static IEnumerable<long> Range(long from, long end)
    {
        for (long value = from; value < end; value++)
            yield return value;
    }
}

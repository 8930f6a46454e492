namespace Weir.Connectors.Tests.Files;

using System.Text;
using Sylvan.Data.Csv;
using Weir.Connectors.Files;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Sinks;

/// <summary>What files of a sink hold, how they are called and when they appear, on the disk of the machine.</summary>
public sealed partial class FileSinkTests : IDisposable
{
    private static readonly CodecRegistry Codecs = new();
    private static readonly SinkProducer Producer = new("flights", 0, "operator sums", 3, 1);

    private readonly string _folder = Directory.CreateTempSubdirectory("weir-sink-").FullName;
    private readonly ManualTime _clock = new();

    public enum Colour
    {
        Red,
        Green,
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_csv_file_has_a_row_per_event_under_the_names_of_its_members()
    {
        Windowed<string, long> first = new("a,b", new TimeRange(new EventTime(0), new EventTime(60_000)), 5);
        Windowed<string, long> second = new("say \"hi\"\n", new TimeRange(new EventTime(1), EventTime.MaxValue), -1);

        await WriteAsync(FileSink.Csv<Windowed<string, long>>("sums", _folder), first, second);

        Assert.Equal(
            "key,window_start,window_end,value\n"
            + "\"a,b\",1970-01-01T00:00:00.000Z,1970-01-01T00:01:00.000Z,5\n"
            + "\"say \"\"hi\"\"\n\",1970-01-01T00:00:00.001Z,end,-1\n",
            ReadOnly("sums+flights+0+operator%20sums+3+000000.csv"));
    }

    [Fact]
    public async Task A_csv_file_reads_back_with_a_reader_of_others()
    {
        var random = new Random(5);
        string[] parts = ["a", ",", "\"", "\n", "\r", " ", "ä", "\U0001F600", "", ";", "'", "\t"];
        Odd[] events =
        [
            .. Enumerable.Range(0, 500).Select(i => new Odd(
                string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => parts[random.Next(parts.Length)])),
                i,
                random.NextDouble())),
        ];

        await WriteAsync(FileSink.Csv<Odd>("odd", _folder), events);

        using CsvDataReader reader = CsvDataReader.Create(
            new StringReader(ReadOnly("odd+flights+0+operator%20sums+3+000000.csv")));
        Assert.Equal(["text", "number", "fraction"], reader.GetColumnSchema().Select(column => column.ColumnName));
        var read = new List<Odd>();
        while (reader.Read())
            read.Add(new Odd(reader.GetString(0), reader.GetInt64(1), reader.GetDouble(2)));
        Assert.Equal(events, read);
    }

    [Fact]
    public async Task Values_are_written_without_a_culture_and_times_as_iso()
    {
        var at = new DateTime(2026, 11, 22, 1, 2, 3, DateTimeKind.Utc);
        var full = new Everything(
            true, 1.5m, 0.1, -2, 'x', Colour.Green, new Guid(1, 2, 3, new byte[8]), at, new DateTimeOffset(at), null)
        {
            Day = new DateOnly(2026, 1, 2),
            Bytes = [1, 2, 255],
            Inner = new Inner(7, null),
        };

        await WriteAsync(FileSink.Csv<Everything>("all", _folder), full, full with { Missing = 4, Inner = null });

        Assert.Equal(
            [
                "flag,amount,ratio,small,letter,colour,id,at,moment,missing,day,bytes,inner_number,inner_text",
                "true,1.5,0.1,-2,x,Green,00000001-0002-0003-0000-000000000000,2026-11-22T01:02:03.0000000Z,"
                    + "2026-11-22T01:02:03.0000000+00:00,,2026-01-02,AQL/,7,",
                "true,1.5,0.1,-2,x,Green,00000001-0002-0003-0000-000000000000,2026-11-22T01:02:03.0000000Z,"
                    + "2026-11-22T01:02:03.0000000+00:00,4,2026-01-02,AQL/,,",
            ],
            ReadOnly("all+flights+0+operator%20sums+3+000000.csv").Split('\n')[..^1]);
    }

    [Fact]
    public async Task Json_lines_are_an_event_each()
    {
        Windowed<string, long> first = new("a\n\"b\"", new TimeRange(new EventTime(0), EventTime.MaxValue), 5);

        await WriteAsync(FileSink.JsonLines<Windowed<string, long>>("sums", _folder), first, first with { Value = 6 });

        Assert.Equal(
            [
                """{"key":"a\n\"b\"","window":{"start":"1970-01-01T00:00:00.000Z","end":"end","maxTimestamp":"end"},"value":5}""",
                """{"key":"a\n\"b\"","window":{"start":"1970-01-01T00:00:00.000Z","end":"end","maxTimestamp":"end"},"value":6}""",
            ],
            ReadOnly("sums+flights+0+operator%20sums+3+000000.jsonl").Split('\n')[..^1]);
    }

    [Fact]
    public async Task Readers_see_a_file_when_it_is_finished_and_not_before()
    {
        FileSink<long> sink = FileSink.Csv<long>("n", _folder, new FileSinkOptions { RollBytes = 80 });
        await using ISinkLane lane = sink.OpenLane(Producer, Codecs);
        Assert.Equal(0, await lane.OpenAsync());

        await lane.AppendAsync(0, FileSinkRun.Batches(0, 4));
        Assert.Empty(Finished());
        await lane.AppendAsync(4, FileSinkRun.Batches(4, 30));
        Assert.Equal(["n+flights+0+operator%20sums+3+000000.csv"], Finished());
        await lane.AppendAsync(30, FileSinkRun.Batches(30, 31));
        Assert.Single(Finished());
        await lane.FinishAsync();
        await lane.FinishAsync();

        Assert.Equal(2, Finished().Length);
        Assert.Equal("value\n30\n", File.ReadAllText(Path.Combine(_folder, Finished()[1])));
    }

    [Fact]
    public async Task A_file_is_finished_at_the_first_checkpoint_after_its_age()
    {
        var options = new FileSinkOptions { RollAge = TimeSpan.FromMinutes(5), TimeProvider = _clock };
        await using ISinkLane lane = FileSink.Csv<long>("n", _folder, options).OpenLane(Producer, Codecs);
        await lane.OpenAsync();

        await lane.AppendAsync(0, []);
        _clock.Move(TimeSpan.FromMinutes(9));
        await lane.AppendAsync(0, FileSinkRun.Batches(0, 2));
        _clock.Move(TimeSpan.FromMinutes(4.9));
        await lane.AppendAsync(2, FileSinkRun.Batches(2, 4));
        Assert.Empty(Finished());
        _clock.Move(TimeSpan.FromMinutes(0.1));
        await lane.AppendAsync(4, []);

        Assert.Equal("value\n0\n1\n2\n3\n", File.ReadAllText(Path.Combine(_folder, Assert.Single(Finished()))));
    }

    [Fact]
    public async Task A_file_is_finished_by_its_age_though_nothing_more_comes()
    {
        var options = new FileSinkOptions { RollAge = TimeSpan.FromMinutes(5), TimeProvider = _clock };
        await using ISinkLane lane = FileSink.Csv<long>("n", _folder, options).OpenLane(Producer, Codecs);
        Assert.Null(lane.DueIn);
        await lane.OpenAsync();
        Assert.Null(lane.DueIn);

        await lane.AppendAsync(0, FileSinkRun.Batches(0, 2));
        Assert.Equal(TimeSpan.FromMinutes(5), lane.DueIn);
        _clock.Move(TimeSpan.FromMinutes(4));
        await lane.FinishDueAsync();
        Assert.Empty(Finished());
        Assert.Equal(TimeSpan.FromMinutes(1), lane.DueIn);
        _clock.Move(TimeSpan.FromMinutes(3));
        Assert.Equal(TimeSpan.Zero, lane.DueIn);
        await lane.FinishDueAsync();
        Assert.Null(lane.DueIn);
        Assert.Equal("value\n0\n1\n", File.ReadAllText(Path.Combine(_folder, Assert.Single(Finished()))));

        await lane.FinishDueAsync();
        Assert.Single(Finished());
    }

    [Fact]
    public async Task A_restart_finishes_what_was_there_and_goes_on_behind_it()
    {
        FileSink<long> sink = FileSink.Csv<long>("n", _folder);
        for (int epoch = 1; epoch <= 4; epoch++)
        {
            // It ends without a word, as a process that is killed.
            ISinkLane lane = sink.OpenLane(Producer with { Epoch = epoch }, Codecs);
            long next = await lane.OpenAsync();
            Assert.Equal((epoch - 1) * 3, next);
            await lane.AppendAsync(Math.Max(0, next - 2), FileSinkRun.Batches(Math.Max(0, next - 2), next + 3));
        }

        await using ISinkLane last = sink.OpenLane(Producer with { Epoch = 5 }, Codecs);
        Assert.Equal(12, await last.OpenAsync());
        Assert.Equal(
            Enumerable.Range(0, 12).Select(value => $"{value}"),
            Finished().SelectMany(name => File.ReadAllLines(Path.Combine(_folder, name))[1..]));
    }

    [Fact]
    public async Task Every_producer_and_sink_has_files_of_its_own()
    {
        SinkProducer[] producers =
        [
            Producer,
            Producer with { Instance = 4 },
            Producer with { Lineage = 1 },
            Producer with { Job = "flights+0" },
            Producer with { Stage = "source a/b" },
            Producer with { Stage = new string('x', 300) },
            Producer with { Stage = new string('x', 299) + "y" },
        ];
        FileSink<long>[] sinks = [FileSink.Csv<long>("n", _folder), FileSink.Csv<long>("m", _folder)];
        long number = 0;
        foreach (FileSink<long> sink in sinks)
        {
            foreach (SinkProducer producer in producers)
            {
                await using ISinkLane lane = sink.OpenLane(producer, Codecs);
                Assert.Equal(0, await lane.OpenAsync());
                await lane.AppendAsync(0, FileSinkRun.Batches(number, ++number));
                await lane.FinishAsync();
            }
        }

        Assert.Equal(14, Finished().Length);
        Assert.All(Finished(), name => Assert.True(Encoding.UTF8.GetByteCount(name) < 255, name));
        Assert.Equal(
            Enumerable.Range(0, 14).Select(value => (long)value),
            Finished().Select(name => long.Parse(File.ReadAllLines(Path.Combine(_folder, name))[1], null)).Order());
    }

    [Fact]
    public async Task Events_from_above_the_next_sequence_are_refused_and_the_lane_goes_on()
    {
        await using ISinkLane lane = FileSink.Csv<long>("n", _folder).OpenLane(Producer, Codecs);
        await lane.OpenAsync();

        SinkException failure = await Assert.ThrowsAsync<SinkException>(
            async () => await lane.AppendAsync(1, FileSinkRun.Batches(1, 2)));

        Assert.Equal(SinkError.Gap, failure.Error);
        Assert.EndsWith(".", failure.Message, StringComparison.Ordinal);
        await lane.AppendAsync(0, FileSinkRun.Batches(0, 2));
    }

    [Fact]
    public async Task A_finished_file_is_not_written_over_when_the_memory_of_the_sink_was_lost()
    {
        await WriteAsync(FileSink.Csv<long>("n", _folder), 1, 2);
        Directory.Delete(Path.Combine(_folder, ".weir"), recursive: true);

        await WriteAsync(FileSink.Csv<long>("n", _folder), 3);

        Assert.Equal(
            ["n+flights+0+operator%20sums+3+000000.csv", "n+flights+0+operator%20sums+3+000001.csv"], Finished());
    }

    [Fact]
    public void Events_that_are_no_rows_are_refused_when_the_sink_is_made()
    {
        var failure = Assert.Throws<ArgumentException>(() => FileSink.Csv<WithList>("n", _folder));
        Assert.Contains("'numbers' of the type 'List`1'", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => FileSink.Csv<Twice>("n", _folder));
    }

    [Fact]
    public void Options_have_ranges()
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => FileSink.Csv<long>("n", _folder, new FileSinkOptions { RollBytes = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => FileSink.Csv<long>("n", _folder, new FileSinkOptions { RollAge = TimeSpan.Zero }));
    }

    private async Task WriteAsync<T>(FileSink<T> sink, params T[] events)
    {
        await using ISinkLane lane = sink.OpenLane(Producer, Codecs);
        await lane.AppendAsync(await lane.OpenAsync(), [SinkBatches.Of(Codecs, events)]);
        await lane.FinishAsync();
    }

    private string[] Finished() =>
        [.. Directory.EnumerateFiles(_folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private string ReadOnly(string name)
    {
        Assert.Equal([name], Finished());
        return File.ReadAllText(Path.Combine(_folder, name));
    }

    private sealed record Odd(string Text, long Number, double Fraction);

    private sealed record Inner(int Number, string? Text);

    private sealed record Everything(
        bool Flag,
        decimal Amount,
        double Ratio,
        sbyte Small,
        char Letter,
        Colour Colour,
        Guid Id,
        DateTime At,
        DateTimeOffset Moment,
        int? Missing)
    {
        public DateOnly Day { get; set; }

        public byte[] Bytes { get; set; } = [];

        public Inner? Inner { get; set; }
    }

    private sealed record WithList(string Name, List<int> Numbers);

    private sealed record Twice(int A_b, A A);

    private sealed record A(int B);
}

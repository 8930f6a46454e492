namespace Weir.Connectors.Tests.Ado;

using System.Globalization;
using Npgsql;
using Weir.Connectors.Ado;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Sinks;

/// <summary>Rows in a database, the same on SQLite and on PostgreSQL.</summary>
public sealed class AdoSinkTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private static readonly CodecRegistry Codecs = new();
    private static readonly SinkProducer Producer = new("flights", 0, "operator sums", 3, 1);

    public enum Colour
    {
        Red,
        Green,
    }

    public static TheoryData<string> Databases =>
        PostgreSqlServer.Programs is null && !PostgreSqlFactAttribute.IsRequired
            ? ["sqlite"]
            : ["sqlite", "postgresql"];

    [PostgreSqlFact]
    public async Task PostgreSql_is_among_the_databases()
    {
        Assert.Equal(2, Databases.Count);
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        Assert.True(connection.PostgreSqlVersion.Major >= 14);
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Rows_are_added_in_the_order_of_the_events(string kind)
    {
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        await using ISinkLane lane = AdoSink.Transactional<Number>("numbers", database.Database, "numbers")
            .OpenLane(Producer, Codecs);

        Assert.Equal(0, await lane.OpenAsync());
        await lane.AppendAsync(0, [Numbers(0, 2), Numbers(2, 3)]);
        await lane.AppendAsync(3, []);
        await lane.AppendAsync(3, [Numbers(3, 2500)]);
        await lane.FinishAsync();

        Assert.Equal(0, await lane.OpenAsync() - 2500);
        Assert.Equal(Rows(0, 2500), await database.QueryAsync("SELECT value, text FROM numbers ORDER BY value"));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task What_is_repeated_is_stored_once(string kind)
    {
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        AdoSink<Number> sink = AdoSink.Transactional<Number>("numbers", database.Database, "numbers");
        for (int epoch = 1; epoch <= 5; epoch++)
        {
            await using ISinkLane lane = sink.OpenLane(Producer with { Epoch = epoch }, Codecs);
            long next = await lane.OpenAsync();
            Assert.Equal((epoch - 1) * 4, next);
            long from = Math.Max(0, next - 3);
            await lane.AppendAsync(from, [Numbers(from, next + 1), Numbers(next + 1, next + 4)]);
            await lane.AppendAsync(from, [Numbers(from, next + 1), Numbers(next + 1, next + 4)]);
        }

        Assert.Equal(Rows(0, 20), await database.QueryAsync("SELECT value, text FROM numbers ORDER BY value"));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task A_row_that_is_refused_takes_back_the_whole_append_and_its_sequence(string kind)
    {
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        await using ISinkLane lane = AdoSink.Transactional<Number>("numbers", database.Database, "numbers")
            .OpenLane(Producer, Codecs);
        await lane.OpenAsync();
        await database.QueryAsync("CREATE UNIQUE INDEX one ON numbers (value)");

        SinkException failure = await Assert.ThrowsAsync<SinkException>(
            async () => await lane.AppendAsync(0, [Numbers(0, 3), Numbers(1, 2)]));

        Assert.Equal(SinkError.Refused, failure.Error);
        Assert.EndsWith("change the table 'numbers' or the events.", failure.Message, StringComparison.Ordinal);
        Assert.Empty(await database.QueryAsync("SELECT * FROM numbers"));
        Assert.Equal(0, await lane.OpenAsync());
        await lane.AppendAsync(0, [Numbers(0, 3)]);
        Assert.Equal(Rows(0, 3), await database.QueryAsync("SELECT value, text FROM numbers ORDER BY value"));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task An_older_epoch_is_refused_once_a_newer_one_has_opened(string kind)
    {
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        AdoSink<Number> sink = AdoSink.Transactional<Number>("numbers", database.Database, "numbers");
        await using ISinkLane old = sink.OpenLane(Producer with { Epoch = 4 }, Codecs);
        await using ISinkLane young = sink.OpenLane(Producer with { Epoch = 5 }, Codecs);
        await old.OpenAsync();
        await old.AppendAsync(0, [Numbers(0, 2)]);
        Assert.Equal(2, await young.OpenAsync());

        foreach (Func<Task> action in (Func<Task>[])
            [async () => await old.AppendAsync(2, [Numbers(2, 3)]), async () => await old.OpenAsync()])
            Assert.Equal(SinkError.Fenced, (await Assert.ThrowsAsync<SinkException>(action)).Error);
        await young.AppendAsync(2, [Numbers(2, 4)]);

        Assert.Equal(Rows(0, 4), await database.QueryAsync("SELECT value, text FROM numbers ORDER BY value"));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Two_epochs_at_once_store_every_event_once(string kind)
    {
        const int Events = 300;
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        AdoSink<Number> sink = AdoSink.Transactional<Number>("numbers", database.Database, "numbers");

        await Task.WhenAll(Enumerable.Range(1, 5).Select(epoch => Task.Run(() => PlayAsync(epoch))));

        Assert.Equal(Rows(0, Events), await database.QueryAsync("SELECT value, text FROM numbers ORDER BY value"));

        async Task PlayAsync(int epoch)
        {
            try
            {
                await using ISinkLane lane = sink.OpenLane(Producer with { Epoch = epoch }, Codecs);
                for (long next = await lane.OpenAsync(); next < Events; next += 3)
                    await lane.AppendAsync(next, [Numbers(next, Math.Min(Events, next + 3))]);
            }
            catch (SinkException failure) when (failure.Error == SinkError.Fenced)
            {
                Assert.NotEqual(5, epoch);
            }
        }
    }

    [PostgreSqlFact]
    public async Task Connections_that_break_at_any_time_lose_and_repeat_nothing()
    {
        const int Events = 400;
        await using TestDatabase database = await TestDatabase.OpenAsync("postgresql", server);
        await using ISinkLane lane = AdoSink.Transactional<Number>("numbers", database.Database, "numbers")
            .OpenLane(Producer, Codecs);
        await lane.OpenAsync();
        using var end = new CancellationTokenSource();
        Task breaking = BreakAsync();
        int failures = 0;
        for (long next = 0; next < Events;)
        {
            try
            {
                await lane.AppendAsync(next, [Numbers(next, next + 4)]);
                next += 4;
            }
            catch (SinkException failure)
            {
                Assert.Equal(SinkError.Unavailable, failure.Error);
                failures++;
            }
        }

        await end.CancelAsync();
        await breaking;
        Assert.Equal(Rows(0, Events), await database.QueryAsync("SELECT value, text FROM numbers ORDER BY value"));
        Assert.True(failures > 0);

        async Task BreakAsync()
        {
            await using var connection = new NpgsqlConnection(server.ConnectionString);
            await connection.OpenAsync();
            await using var kill = new NpgsqlCommand(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                + "AND backend_type = 'client backend' AND application_name <> 'looks-on' AND random() < 0.1",
                connection);
            while (!end.IsCancellationRequested)
                await kill.ExecuteNonQueryAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task An_upsert_keeps_the_last_event_of_each_key(string kind)
    {
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        AdoSink<Total> sink = AdoSink.Upsert<Total>("totals", database.Database, "totals", "airport", "hour");
        await using ISinkLane lane = sink.OpenLane(Producer, Codecs);
        await lane.OpenAsync();

        await lane.AppendAsync(
            0, [SinkBatches.Of(Codecs, new Total("a", 1, 1), new Total("b", 1, 2), new Total("a", 1, 3))]);
        await lane.AppendAsync(3, [SinkBatches.Of(Codecs, new Total("a", 2, 4), new Total("b", 1, null))]);

        Assert.Equal(
            ["a 1 3", "a 2 4", "b 1 -"],
            await database.QueryAsync("SELECT airport, hour, sum FROM totals ORDER BY airport, hour"));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task A_key_of_all_columns_keeps_what_is_there(string kind)
    {
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        await using ISinkLane lane = AdoSink.Upsert<string>("words", database.Database, "words", "value")
            .OpenLane(Producer, Codecs);
        await lane.OpenAsync();

        await lane.AppendAsync(0, [SinkBatches.Of(Codecs, "a", "b", "a")]);

        Assert.Equal(["a", "b"], await database.QueryAsync("SELECT value FROM words ORDER BY value"));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Names_that_mean_something_to_the_database_are_names(string kind)
    {
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        await using ISinkLane lane = AdoSink.Upsert<Words>("words", database.Database, "select", "group")
            .OpenLane(Producer with { Stage = "'; DROP TABLE \"select\"; --" }, Codecs);
        await lane.OpenAsync();

        await lane.AppendAsync(0, [SinkBatches.Of(Codecs, new Words("'; DROP TABLE \"select\"; --", "\"", "ä\U0001F600"))]);

        Assert.Equal(
            ["'; DROP TABLE \"select\"; -- \" ä\U0001F600"],
            await database.QueryAsync("SELECT \"group\", \"order\", \"table\" FROM \"select\""));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Every_type_has_its_column(string kind)
    {
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        var at = new DateTime(2026, 11, 22, 1, 2, 3, 40, DateTimeKind.Utc);
        var full = new Everything(
            true, 1.5m, 0.1, ulong.MaxValue, 'x', Colour.Green, new Guid(1, 2, 3, new byte[8]), at,
            new DateTimeOffset(at).ToOffset(TimeSpan.FromHours(2)), null)
        {
            Day = new DateOnly(2026, 1, 2),
            Bytes = [1, 2, 255],
            Window = new TimeRange(new EventTime(1500), EventTime.MaxValue),
        };
        await using ISinkLane lane = AdoSink.Transactional<Everything>("all", database.Database, "everything")
            .OpenLane(Producer, Codecs);
        await lane.OpenAsync();
        await lane.AppendAsync(0, [SinkBatches.Of(Codecs, full, full with { Missing = -4, Flag = false })]);

        string[] expected = kind == "sqlite"
            ? ["1 1.5 0.1 18446744073709551615 x Green 00000001-0002-0003-0000-000000000000 2026-11-22T01:02:03.04Z "
                + "2026-11-22T01:02:03.04Z {0} 2026-01-02 AQL/ 1970-01-01T00:00:01.500Z end"]
            : ["True 1.5 0.1 18446744073709551615 x Green 00000001-0002-0003-0000-000000000000 11/22/2026 01:02:03 "
                + "11/22/2026 01:02:03 {0} 01/02/2026 AQL/ 01/01/1970 00:00:01 12/31/9999 23:59:59"];
        string first = string.Format(CultureInfo.InvariantCulture, expected[0], "-");
        string second = string.Format(CultureInfo.InvariantCulture, expected[0], "-4");
        second = (kind == "sqlite" ? "0" : "False") + second[second.IndexOf(' ', StringComparison.Ordinal)..];
        Assert.Equal([first, second], await database.QueryAsync("SELECT * FROM everything ORDER BY missing IS NOT NULL"));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task A_table_without_a_column_of_the_events_is_refused(string kind)
    {
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        await database.QueryAsync("CREATE TABLE numbers (value integer)");
        await using ISinkLane lane = AdoSink.Transactional<Number>("numbers", database.Database, "numbers")
            .OpenLane(Producer, Codecs);
        await lane.OpenAsync();

        SinkException failure = await Assert.ThrowsAsync<SinkException>(
            async () => await lane.AppendAsync(0, [Numbers(0, 1)]));

        Assert.Equal(SinkError.Refused, failure.Error);
        Assert.Contains("text", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Many_lanes_may_open_and_write_at_the_same_time(string kind)
    {
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        AdoSink<Number> sink = AdoSink.Transactional<Number>("numbers", database.Database, "numbers");
        AdoSink<Number> other = AdoSink.Transactional<Number>("others", database.Database, "numbers");
        SinkProducer[] producers =
        [
            .. Enumerable.Range(0, 8).Select(instance => Producer with { Instance = instance }),
            Producer with { Lineage = 1 },
            Producer with { Job = "other" },
        ];

        await Task.WhenAll(producers.Select((producer, i) => Task.Run(() => PlayAsync(sink, producer, i)))
            .Append(Task.Run(() => PlayAsync(other, Producer, 10))));

        Assert.Equal(Rows(0, 110), await database.QueryAsync("SELECT value, text FROM numbers ORDER BY value"));

        static async Task PlayAsync(AdoSink<Number> sink, SinkProducer producer, int number)
        {
            await using ISinkLane lane = sink.OpenLane(producer, Codecs);
            Assert.Equal(0, await lane.OpenAsync());
            for (int i = 0; i < 10; i++)
                await lane.AppendAsync(i, [Numbers((number * 10) + i, (number * 10) + i + 1)]);
        }
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task A_gap_and_a_lost_row_of_the_producer_are_refused(string kind)
    {
        await using TestDatabase database = await TestDatabase.OpenAsync(kind, server);
        await using ISinkLane lane = AdoSink.Transactional<Number>("numbers", database.Database, "numbers")
            .OpenLane(Producer, Codecs);
        await lane.OpenAsync();

        SinkException gap = await Assert.ThrowsAsync<SinkException>(
            async () => await lane.AppendAsync(1, [Numbers(1, 2)]));
        await database.QueryAsync("DELETE FROM weir_sink_producers");
        SinkException lost = await Assert.ThrowsAsync<SinkException>(
            async () => await lane.AppendAsync(0, [Numbers(0, 2)]));

        Assert.Equal((SinkError.Gap, SinkError.Gap), (gap.Error, lost.Error));
        Assert.Empty(await database.QueryAsync("SELECT * FROM numbers"));
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_unavailable()
    {
        AdoDatabase[] databases =
        [
            AdoDatabase.Sqlite("Data Source=/no/such/folder/a.db"),
            AdoDatabase.PostgreSql("Host=127.0.0.1;Port=1;Username=weir;Password=secret;Database=x;Timeout=2"),
        ];
        foreach (AdoDatabase database in databases)
        {
            await using ISinkLane lane = AdoSink.Transactional<Number>("numbers", database, "numbers")
                .OpenLane(Producer, Codecs);
            SinkException failure = await Assert.ThrowsAsync<SinkException>(async () => await lane.OpenAsync());
            Assert.Equal(SinkError.Unavailable, failure.Error);
            Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Tables_and_keys_that_can_not_be_are_refused_when_the_sink_is_made()
    {
        AdoDatabase database = AdoDatabase.Sqlite("Data Source=:memory:");
        foreach (string table in new[] { "", "a b", "a;b", "a\"b", "1a", "a.b.c", ".a", "a\n", new string('a', 64) })
            Assert.Throws<ArgumentException>(() => AdoSink.Transactional<Number>("numbers", database, table));
        Assert.Throws<ArgumentException>(() => AdoSink.Upsert<Number>("numbers", database, "numbers"));
        Assert.Throws<ArgumentException>(() => AdoSink.Upsert<Number>("numbers", database, "numbers", "Value"));
        Assert.NotNull(AdoSink.Upsert<Number>("numbers", database, "schema_1.Numbers", "value"));
    }

    private static SinkBatch Numbers(long from, long end) => SinkBatches.Of(
        Codecs, [.. Enumerable.Range((int)from, (int)(end - from)).Select(value => new Number(value, $"n{value}"))]);

    private static IEnumerable<string> Rows(int from, int end) =>
        Enumerable.Range(from, end - from).Select(value => $"{value} n{value}");

    private sealed record Number(long Value, string Text);

    private sealed record Total(string Airport, int Hour, long? Sum);

    private sealed record Words(string Group, string Order, string Table);

    private sealed record Everything(
        bool Flag,
        decimal Amount,
        double Ratio,
        ulong Big,
        char Letter,
        Colour Colour,
        Guid Id,
        DateTime At,
        DateTimeOffset Moment,
        int? Missing)
    {
        public DateOnly Day { get; set; }

        public byte[] Bytes { get; set; } = [];

        public TimeRange Window { get; set; }
    }
}

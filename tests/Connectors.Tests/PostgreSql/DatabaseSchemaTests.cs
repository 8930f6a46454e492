namespace Weir.Connectors.Tests.PostgreSql;

using Npgsql;
using Weir.Connectors.PostgreSql;
using Weir.Connectors.Tests.Ado;
using Weir.Protocol.Logs;

/// <summary>Creating and migrating tables.</summary>
public sealed class DatabaseSchemaTests(PostgreSqlServer server) : IClassFixture<PostgreSqlServer>
{
    private static readonly SchemaScript First = new("things", ["CREATE TABLE things (id int8)"]);

    private static readonly SchemaScript Second = First with
    {
        Steps = [.. First.Steps, "ALTER TABLE things ADD name text; INSERT INTO things VALUES (7, 'seven')"],
    };

    private static readonly SchemaScript Other = new("others", ["CREATE TABLE others (id int8)"]);

    [PostgreSqlFact]
    public async Task Silos_that_start_together_create_the_tables_once()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString);

        await Task.WhenAll(Enumerable.Range(0, 12).Select(
            _ => Task.Run(() => DatabaseSchema.MigrateAsync(source, "together", [Second, Other]))));

        Assert.Equal(1L, await AskAsync(source, "SELECT count(*) FROM together.things WHERE name = 'seven'"));
        Assert.Equal(2L, await AskAsync(source, "SELECT version FROM together.schema_versions WHERE script = 'things'"));
        Assert.Equal(1L, await AskAsync(source, "SELECT version FROM together.schema_versions WHERE script = 'others'"));
    }

    [PostgreSqlFact]
    public async Task Logs_that_open_together_share_one_schema()
    {
        var options = new PostgreSqlEventLogOptions { ConnectionString = server.ConnectionString, Schema = "opened" };

        PostgreSqlEventLog[] logs = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => Task.Run(() => PostgreSqlEventLog.OpenAsync(options))));

        await logs[0].CreateTopicAsync(new TopicSpec { Name = "topic", Partitions = 1, Schema = Events.Schema });
        foreach (PostgreSqlEventLog log in logs)
        {
            Assert.NotNull(await log.FindTopicAsync("topic"));
            await log.DisposeAsync();
        }
    }

    [PostgreSqlFact]
    public async Task A_later_version_is_reached_from_an_earlier_one()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString);
        await DatabaseSchema.MigrateAsync(source, "later", [First]);
        await DatabaseSchema.MigrateAsync(source, "later", [Other, Second]);
        await DatabaseSchema.MigrateAsync(source, "later", [Second, Other]);

        Assert.Equal(1L, await AskAsync(source, "SELECT count(*) FROM later.things"));
    }

    [PostgreSqlFact]
    public async Task A_newer_version_is_refused_and_nothing_is_changed()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString);
        await DatabaseSchema.MigrateAsync(source, "newer", [Second]);

        EventLogException refusal = await Assert.ThrowsAsync<EventLogException>(
            () => DatabaseSchema.MigrateAsync(source, "newer", [Other, First]));

        Assert.Equal(EventLogError.Incompatible, refusal.Error);
        Assert.Equal(
            "The tables 'things' in schema 'newer' have version 2 but this program knows versions up to 1; use the newer "
            + "release that migrated them.",
            refusal.Message);
        Assert.Equal(0L, await AskAsync(source, "SELECT count(*) FROM pg_tables WHERE tablename = 'others' "
            + "AND schemaname = 'newer'"));
    }

    [PostgreSqlFact]
    public async Task A_log_of_a_newer_release_is_refused()
    {
        await using SharedLog shared = await SharedLog.OpenAsync(server, 1);
        await shared.ExecuteAsync("UPDATE schema_versions SET version = 99 WHERE script = 'event-log'");

        EventLogException refusal = await Assert.ThrowsAsync<EventLogException>(() => shared.AddAsync());

        Assert.Equal(EventLogError.Incompatible, refusal.Error);
    }

    [PostgreSqlFact]
    public async Task A_step_that_fails_takes_back_all_of_them()
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString);
        SchemaScript broken = First with { Steps = [.. First.Steps, "CREATE TABLE again (id int8); SELECT 1/0"] };

        EventLogException failure = await Assert.ThrowsAsync<EventLogException>(
            () => DatabaseSchema.MigrateAsync(source, "broken", [Other, broken]));

        Assert.Contains("division by zero", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await AskAsync(source, "SELECT count(*) FROM pg_namespace WHERE nspname = 'broken'"));
        await DatabaseSchema.MigrateAsync(source, "broken", [Other, First]);
    }

    [PostgreSqlFact]
    public async Task A_role_that_owns_no_more_than_its_schema_is_enough()
    {
        await using NpgsqlDataSource super = NpgsqlDataSource.Create(server.ConnectionString);
        await AskAsync(super, "CREATE ROLE modest LOGIN; CREATE SCHEMA modest AUTHORIZATION modest");
        var options = new PostgreSqlEventLogOptions
        {
            ConnectionString = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "modest" }.ToString(),
            Schema = "modest",
        };

        for (int i = 0; i < 2; i++)
        {
            await using PostgreSqlEventLog log = await PostgreSqlEventLog.OpenAsync(options);
            await log.CreateTopicAsync(new TopicSpec { Name = "topic", Partitions = 2, Schema = Events.Schema });
            await log.AppendAsync(SharedLog.Send("p", i, Events.Numbers(i, 1)));
        }

        EventLogException refusal = await Assert.ThrowsAsync<EventLogException>(
            () => PostgreSqlEventLog.OpenAsync(options with { Schema = "other" }));
        Assert.Equal(EventLogError.Incompatible, refusal.Error);
        Assert.Contains("let the role own the schema, or the database", refusal.Message, StringComparison.Ordinal);
    }

    [PostgreSqlFact]
    public async Task A_role_that_owns_its_database_creates_the_schema()
    {
        await using NpgsqlDataSource super = NpgsqlDataSource.Create(server.ConnectionString);
        await AskAsync(super, "CREATE ROLE owner LOGIN");
        await AskAsync(super, "CREATE DATABASE owned OWNER owner");
        var text = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "owner", Database = "owned" };

        await using PostgreSqlEventLog log = await PostgreSqlEventLog.OpenAsync(
            new PostgreSqlEventLogOptions { ConnectionString = text.ToString() });

        Assert.Empty(await log.ListTopicsAsync());
    }

    [PostgreSqlFact]
    public async Task Commits_reach_the_disk_also_where_the_server_would_not_wait()
    {
        await using NpgsqlDataSource super = NpgsqlDataSource.Create(server.ConnectionString);
        await AskAsync(super, "CREATE ROLE hasty LOGIN; CREATE SCHEMA hasty AUTHORIZATION hasty; "
            + "ALTER ROLE hasty SET synchronous_commit = off");
        await AskAsync(super, "CREATE TABLE IF NOT EXISTS public.seen (setting text); GRANT ALL ON public.seen TO hasty");
        await using PostgreSqlEventLog log = await PostgreSqlEventLog.OpenAsync(new PostgreSqlEventLogOptions
        {
            ConnectionString = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Username = "hasty" }.ToString(),
            Schema = "hasty",
        });
        await AskAsync(super, """
            CREATE FUNCTION hasty.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO public.seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
            CREATE TRIGGER see AFTER INSERT ON hasty.chunks EXECUTE FUNCTION hasty.see();
            """);
        await log.CreateTopicAsync(new TopicSpec { Name = "topic", Partitions = 1, Schema = Events.Schema });

        await log.AppendAsync(SharedLog.Send("p", 0, Events.Numbers(0, 1)));

        Assert.Equal(1L, await AskAsync(super, "SELECT count(*) FROM public.seen WHERE setting = 'on'"));
    }

    [PostgreSqlFact]
    public async Task A_database_that_is_not_there_is_unavailable_and_said_without_its_password()
    {
        var text = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "nowhere", Password = "secret" };

        EventLogException failure = await Assert.ThrowsAsync<EventLogException>(() => PostgreSqlEventLog.OpenAsync(
            new PostgreSqlEventLogOptions { ConnectionString = text.ToString() }));

        Assert.Equal(EventLogError.Unavailable, failure.Error);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Weir")]
    [InlineData("a-b")]
    [InlineData("a\"b")]
    [InlineData("1a")]
    public async Task A_schema_that_would_need_quotes_is_refused(string schema) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(() => PostgreSqlEventLog.OpenAsync(
            new PostgreSqlEventLogOptions { ConnectionString = "Host=nowhere", Schema = schema }));

    private static async Task<object?> AskAsync(NpgsqlDataSource source, string sql)
    {
#pragma warning disable CA2100 // The tests say what to ask.
        await using NpgsqlCommand command = source.CreateCommand(sql);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync();
    }
}

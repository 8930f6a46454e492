namespace Weir.Connectors.Tests.PostgreSql;

using Weir.Connectors.PostgreSql;
using Weir.Connectors.Tests.Ado;
using Weir.Protocol.Logs;

/// <summary>The log on PostgreSQL through the contract.</summary>
[OnPostgreSql]
public sealed class PostgreSqlEventLogTests(PostgreSqlServer server)
    : EventLogContract, IClassFixture<PostgreSqlServer>
{
    private static int _schemas;

    private readonly string _schema = $"log_{Interlocked.Increment(ref _schemas)}";

    private PostgreSqlEventLogOptions Options => new()
    {
        ConnectionString = server.ConnectionString,
        Schema = _schema,
        TimeProvider = Clock,
    };

    protected override async Task<IEventLog> OpenAsync() => await PostgreSqlEventLog.OpenAsync(Options);

    protected override Task CleanAsync() => Task.CompletedTask;
}

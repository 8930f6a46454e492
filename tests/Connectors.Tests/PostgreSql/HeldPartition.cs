namespace Weir.Connectors.Tests.PostgreSql;

using Npgsql;

/// <summary>The row of partition 0, locked by a transaction that does nothing, so that who appends has to wait.</summary>
internal sealed class HeldPartition : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly SharedLog _shared;

    private HeldPartition(NpgsqlConnection connection, SharedLog shared)
    {
        _connection = connection;
        _shared = shared;
    }

    public static async Task<HeldPartition> TakeAsync(SharedLog shared)
    {
        var connection = new NpgsqlConnection(
            $"{shared.Options.ConnectionString};Search Path={shared.Options.Schema};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "BEGIN; SELECT id FROM partitions WHERE number = 0 FOR UPDATE", connection);
        await command.ExecuteNonQueryAsync();
        return new HeldPartition(connection, shared);
    }

    /// <summary>Until somebody waits for the partition.</summary>
    public async Task UntilAwaitedAsync()
    {
        const string Waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')";
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (int i = 0; i < 1000 && await _shared.ExecuteAsync(Waiting) == 0; i++)
            await timer.WaitForNextTickAsync();
        Assert.NotEqual(0, await _shared.ExecuteAsync(Waiting));
    }

    public async Task ReleaseAsync() => await _connection.CloseAsync();

    public async ValueTask DisposeAsync() => await _connection.DisposeAsync();
}

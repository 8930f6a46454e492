namespace Weir.Connectors.PostgreSql;

using System.Threading.Channels;
using Npgsql;
using Weir.Protocol.Logs;

/// <summary>
/// Learns what other processes append, over one connection. Invariant: whatever is committed is told to the watchers
/// here, by a notification at once, and if that was lost by the next look at all ends; after the connection was lost
/// everybody is told to look.
/// </summary>
internal sealed class AppendListener : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);

    private readonly LogContext _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<string> _notices =
        Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });

    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;

    public AppendListener(LogContext log)
    {
        _log = log;
        _running = Task.Run(RunAsync);
    }

    /// <summary>When it listens for the first time, or has failed to.</summary>
    public Task Started => _started.Task;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        TimeSpan retry = FirstRetry;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using NpgsqlConnection connection = await _log.Database.ConnectAsync(_stop.Token);
                connection.Notification += (_, notice) => _notices.Writer.TryWrite(notice.Payload);
                await Sql.Command(connection, $"LISTEN \"{_log.Options.Schema}\"").RunAsync();
                await LookAsync(connection, isNews: false);
                retry = FirstRetry;
                _started.TrySetResult();
                await ListenAsync(connection);
            }
            catch (Exception)
            {
                // Whatever it was, it must live on: the next connection makes up for it.
            }

            _started.TrySetResult();
            await Task.Delay(retry, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
        }
    }

    private async Task ListenAsync(NpgsqlConnection connection)
    {
        long looked = LogTails.Now;
        while (true)
        {
            while (_notices.Reader.TryRead(out string? notice))
                await TellAsync(notice);
            double left = _log.Options.PollInterval.TotalMilliseconds - (LogTails.Now - looked);
            if (left > 0 && await connection.WaitAsync(TimeSpan.FromMilliseconds(left), _stop.Token))
                continue;
            await LookAsync(connection, isNews: true);
            looked = LogTails.Now;
        }
    }

    private async Task TellAsync(string notice)
    {
        foreach ((long partition, long next) in AppendNotice.Read(_log.Sender, notice))
        {
            if (_log.Tails.Learn(partition, next) && await _log.Catalog.NameOfAsync(partition) is { } name)
                _log.Watchers.Notify(name, next);
        }
    }

    /// <summary>Looks at all ends and tells them, either those that moved or all of them.</summary>
    private async Task LookAsync(NpgsqlConnection connection, bool isNews)
    {
        const string Select = """
            SELECT p.id, p.next_offset, t.name, p.number FROM partitions p JOIN topics t ON t.id = p.topic
            WHERE p.next_offset > 0
            """;
        var ends = new List<(TopicPartition Name, long Next)>();
        await using (NpgsqlCommand command = Sql.Command(connection, Select))
        {
            await using NpgsqlDataReader row = await command.ExecuteReaderAsync();
            while (await row.ReadAsync())
            {
                if (_log.Tails.Learn(row.GetInt64(0), row.GetInt64(1)) || !isNews)
                    ends.Add((new TopicPartition(row.GetString(2), row.GetInt32(3)), row.GetInt64(1)));
            }
        }

        foreach ((TopicPartition name, long next) in ends)
            _log.Watchers.Notify(name, next);
    }
}

namespace Weir.Faults.Oracle;

using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;
using Weir.Faults.Jobs;

/// <summary>
/// What the sinks of the job <c>rows</c> have to hold: every transfer once, and of each account what it comes to in the
/// end.
/// </summary>
internal sealed class RowsOracle(RowsTarget target)
{
    public async Task<List<string>> CheckAsync(IReadOnlyList<Transfer> transfers)
    {
        List<Credited> changes = target.Database is null
            ? ReadFiles()
            : await ReadRowsAsync(RowsJob.Changes);
        List<string> problems = [];
        problems.AddRange(Comparison.Of(
            "changes",
            transfers.Select(each => (each.Id, each.To, each.Amount)),
            changes.Select(each => (each.Id, each.To, each.Amount))));
        problems.AddRange(changes.GroupBy(change => change.To).SelectMany(Sums));
        if (target.Database is null)
            return problems;
        List<Credited> accounts = await ReadRowsAsync(RowsJob.Accounts);
        problems.AddRange(Comparison.Of(
            "accounts",
            transfers.GroupBy(each => each.To).Select(each => (each.Key, each.Sum(transfer => (long)transfer.Amount))),
            accounts.Select(each => (each.To, each.Balance))));
        return problems;
    }

    // Each balance is that of the change before it and its own amount, in whatever order the rows are.
    private static IEnumerable<string> Sums(IGrouping<int, Credited> account)
    {
        var behind = account.GroupBy(change => change.Balance).ToDictionary(each => each.Key, each => each.Count());
        var before = account.GroupBy(change => change.Balance - change.Amount)
            .ToDictionary(each => each.Key, each => each.Count());
        long end = account.Sum(change => (long)change.Amount);
        return Comparison.Of(
            $"balances of account {account.Key}",
            before.SelectMany(each => Enumerable.Repeat(each.Key, each.Value)).Append(end),
            behind.SelectMany(each => Enumerable.Repeat(each.Key, each.Value)).Append(0));
    }

    private List<Credited> ReadFiles() =>
    [
        .. Directory.EnumerateFiles(target.Place, "*.csv")
            .SelectMany(file => File.ReadLines(file).Skip(1))
            .Select(line => line.Split(',').Select(cell => long.Parse(cell, CultureInfo.InvariantCulture)).ToArray())
            .Select(cells => new Credited(cells[0], (int)cells[1], (int)cells[2], cells[3])),
    ];

    private async Task<List<Credited>> ReadRowsAsync(string table)
    {
        await using DbConnection connection = target.Kind == RowsTarget.Sqlite
            ? new SqliteConnection($"Data Source={target.Place};Pooling=False")
            : new NpgsqlConnection(target.Place);
        await connection.OpenAsync();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = table == RowsJob.Changes
            ? """SELECT "id", "to", "amount", "balance" FROM "changes" """
            : """SELECT "id", "to", "amount", "balance" FROM "accounts" """;
        List<Credited> rows = [];
        await using DbDataReader reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            long[] row = [.. Enumerable.Range(0, 4)
                .Select(column => Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture))];
            rows.Add(new Credited(row[0], (int)row[1], (int)row[2], row[3]));
        }

        return rows;
    }
}

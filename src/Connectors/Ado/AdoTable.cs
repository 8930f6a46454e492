namespace Weir.Connectors.Ado;

using System.Text.RegularExpressions;
using Weir.Connectors.Rows;

/// <summary>The statements for one table. Invariant: they hold names that were validated and quoted, and no values.
/// </summary>
internal sealed partial class AdoTable<T>
{
    private readonly RowShape<T> _shape = RowShape<T>.Create();
    private readonly AdoDatabase _database;

    public AdoTable(AdoDatabase database, string table, IReadOnlyList<string> keys)
    {
        ArgumentNullException.ThrowIfNull(database);
        if (table is null || !TableName().IsMatch(table))
            throw new ArgumentException(
                $"'{table}' can not name a table: use 1 to 63 letters, digits and '_' that do not begin with a digit, and "
                + "perhaps a schema with '.' before it.",
                nameof(table));
        foreach (string key in keys.Where(key => _shape.Columns.All(column => column.Name != key)))
            throw new ArgumentException(
                $"The table '{table}' can not have the key '{key}': its columns are "
                + $"{string.Join(", ", _shape.Columns.Select(column => column.Name))}.",
                nameof(keys));
        _database = database;
        Name = table;
        string quoted = string.Join('.', table.Split('.').Select(AdoDatabase.Quote));
        Create = CreateText(quoted, keys);
        Insert = InsertText(quoted) + ConflictText(keys);
    }

    public string Name { get; }

    public string Create { get; }

    public string Insert { get; }

    public List<object[]> Rows(IReadOnlyList<T> events)
    {
        var rows = new List<object[]>(events.Count);
        object?[] values = new object?[_shape.Columns.Count];
        foreach (T value in events)
        {
            _shape.Fill(value, values);
            rows.Add([.. values.Select(_database.ToParameter)]);
        }

        return rows;
    }

    private string CreateText(string table, IReadOnlyList<string> keys)
    {
        IEnumerable<string> columns = _shape.Columns.Select(column =>
            $"{AdoDatabase.Quote(column.Name)} {_database.TypeOf(column)}"
            + (column.IsNullable && !keys.Contains(column.Name) ? "" : " NOT NULL"));
        string key = keys.Count == 0 ? "" : $", PRIMARY KEY ({Names(keys)})";
        return $"CREATE TABLE IF NOT EXISTS {table} ({string.Join(", ", columns)}{key})";
    }

    private string InsertText(string table)
    {
        IEnumerable<string> values = Enumerable.Range(1, _shape.Columns.Count).Select(i => $"@{i}");
        return $"INSERT INTO {table} ({Names(_shape.Columns.Select(column => column.Name))}) "
            + $"VALUES ({string.Join(", ", values)})";
    }

    private string ConflictText(IReadOnlyList<string> keys)
    {
        if (keys.Count == 0)
            return "";
        string[] others = [.. _shape.Columns.Select(column => column.Name).Except(keys)];
        string action = others.Length == 0
            ? "NOTHING"
            : $"UPDATE SET {string.Join(", ", others.Select(Set))}";
        return $" ON CONFLICT ({Names(keys)}) DO {action}";
    }

    private static string Set(string column) => $"{AdoDatabase.Quote(column)} = excluded.{AdoDatabase.Quote(column)}";

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(AdoDatabase.Quote));

    [GeneratedRegex("^([A-Za-z_][A-Za-z0-9_]{0,62}\\.)?[A-Za-z_][A-Za-z0-9_]{0,62}\\z", RegexOptions.NonBacktracking)]
    private static partial Regex TableName();
}

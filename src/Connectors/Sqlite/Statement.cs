namespace Weir.Connectors.Sqlite;

using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;

/// <summary>
/// A prepared command that lives as long as its connection. Values are given in the order in which the parameters
/// first appear in the text. Not thread-safe, and a reader must be disposed before the next use.
/// </summary>
internal sealed partial class Statement : IDisposable
{
    private readonly SqliteCommand _command;

    public Statement(SqliteConnection connection, string sql)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
        foreach (Match name in ParameterName().Matches(sql))
        {
            if (!_command.Parameters.Contains(name.Value))
                _command.Parameters.Add(new SqliteParameter(name.Value, DBNull.Value));
        }
        _command.Prepare();
    }

    public int Run(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteNonQuery();
    }

    public SqliteDataReader Query(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        return _command.ExecuteReader();
    }

    /// <summary>The number in the first column of the first row, or null if there is no row or no value.</summary>
    public long? QueryNumber(params ReadOnlySpan<object?> values)
    {
        using SqliteDataReader row = Query(values);
        return row.Read() && !row.IsDBNull(0) ? row.GetInt64(0) : null;
    }

    public void Dispose() => _command.Dispose();

    private void Bind(ReadOnlySpan<object?> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, _command.Parameters.Count);
        for (int i = 0; i < values.Length; i++)
            _command.Parameters[i].Value = values[i] ?? DBNull.Value;
    }

    [GeneratedRegex(@"\$\w+")]
    private static partial Regex ParameterName();
}

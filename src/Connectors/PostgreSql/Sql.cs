namespace Weir.Connectors.PostgreSql;

using System.Diagnostics.CodeAnalysis;
using Npgsql;
using NpgsqlTypes;
using Weir.Connectors.Chunks;

/// <summary>Statements and their values, which stand as <c>$1</c>, <c>$2</c> and so on in the text.</summary>
internal static class Sql
{
    public static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
#pragma warning disable CA2100 // Every text is a constant of the program.
        var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        Bind(command.Parameters, values);
        return command;
    }

    public static void Add(this NpgsqlBatch batch, string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        Bind(command.Parameters, values);
        batch.BatchCommands.Add(command);
    }

    public static async Task<long?> NumberAsync(this NpgsqlCommand command)
    {
        await using (command)
            return await command.ExecuteScalarAsync() as long?;
    }

    public static async Task<int> RunAsync(this NpgsqlCommand command)
    {
        await using (command)
            return await command.ExecuteNonQueryAsync();
    }

    /// <summary>A number that may be missing; without its type the server would have to guess one.</summary>
    public static NpgsqlParameter Long(long? value) =>
        new() { NpgsqlDbType = NpgsqlDbType.Bigint, Value = value ?? (object)DBNull.Value };

    public static long? NumberOrNull(this NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetInt64(column);

    /// <summary>Refuses what PostgreSQL's text cannot hold; in a group it would fail what others append.</summary>
    public static void CheckText(string what, string? text)
    {
        if (text is not null && FirstThatIsNone(text) is var i and >= 0)
            throw AppendCheck.Invalid(
                $"The {what} '{text}' is not allowed: it has a character that is none, at position {i}; leave it out.");
    }

    /// <summary>Whether there is a text, and PostgreSQL can hold it. A name that it can not hold names nothing.</summary>
    public static bool IsText([NotNullWhen(true)] string? text) => !string.IsNullOrEmpty(text) && FirstThatIsNone(text) < 0;

    private static int FirstThatIsNone(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || (char.IsSurrogate(text[i]) && !char.IsSurrogatePair(text, i)))
                return i;
            if (char.IsSurrogate(text[i]))
                i++;
        }

        return -1;
    }

    private static void Bind(NpgsqlParameterCollection parameters, ReadOnlySpan<object?> values)
    {
        foreach (object? value in values)
            parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value ?? DBNull.Value });
    }
}

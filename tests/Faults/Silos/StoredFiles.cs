namespace Weir.Faults.Silos;

using Microsoft.Data.Sqlite;

/// <summary>
/// Everything that silos that do not run have stored: to be copied, brought back, and damaged. Invariant: before a bit is
/// turned over, the log is in one file, as after an orderly end.
/// </summary>
internal sealed class StoredFiles(string data, string copy)
{
    private readonly string _log = Path.Combine(data, SiloMain.EventsFile);

    /// <summary>Copies everything, so that it can be brought back.</summary>
    public void Copy()
    {
        Execute("PRAGMA wal_checkpoint(TRUNCATE);");
        CopyFolder(data, copy);
    }

    /// <summary>Brings everything back from the copy.</summary>
    public void Restore()
    {
        foreach (string folder in Directory.EnumerateDirectories(data))
            Directory.Delete(folder, recursive: true);
        foreach (string file in Directory.EnumerateFiles(data))
            File.Delete(file);
        CopyFolder(copy, data);
    }

    /// <summary>Turns over one bit of the newest batches of a partition that hold events.</summary>
    /// <returns>Where it was.</returns>
    public string FlipNewest(string topic, int partition, Random random)
    {
        byte[] body = Query(topic, partition)
            ?? throw new InvalidOperationException($"There is nothing in {topic}/{partition}.");
        byte[] file = File.ReadAllBytes(_log);
        int at = file.AsSpan().IndexOf(body);
        if (at < 0)
            throw new InvalidOperationException($"The newest batches of {topic}/{partition} are not in one piece.");
        return Flip(at + random.Next(body.Length), random);
    }

    /// <summary>Turns over one bit of the log, anywhere where something is.</summary>
    /// <returns>Where it was.</returns>
    public string FlipAnywhere(Random random)
    {
        byte[] file = File.ReadAllBytes(_log);
        while (true)
        {
            int at = random.Next(file.Length);
            if (file[at] != 0)
                return Flip(at, random);
        }
    }

    private string Flip(int at, Random random)
    {
        using FileStream file = File.Open(_log, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        int value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ (1 << random.Next(8))));
        return FormattableString.Invariant($"a bit of byte {at} of {file.Length} turned over");
    }

    private byte[]? Query(string topic, int partition)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            SELECT body FROM chunks
            JOIN partitions ON partitions.id = chunks.partition JOIN topics ON topics.id = partitions.topic
            WHERE topics.name = $topic AND partitions.number = $partition AND chunks.payload_bytes > 0
            ORDER BY chunks.next_offset DESC LIMIT 1
            """;
        command.Parameters.AddWithValue("$topic", topic);
        command.Parameters.AddWithValue("$partition", partition);
        return (byte[]?)command.ExecuteScalar();
    }

    private void Execute(string sql)
    {
        using SqliteConnection connection = Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The text is of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={_log};Pooling=False");
        connection.Open();
        return connection;
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        foreach (string folder in Directory.EnumerateDirectories(from))
            CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}

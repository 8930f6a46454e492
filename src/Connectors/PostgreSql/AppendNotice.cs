namespace Weir.Connectors.PostgreSql;

using System.Globalization;
using System.Text;

/// <summary>
/// What a process tells the others after an append: who it is, and the new ends of partitions by their identifiers.
/// Example: <c>5f2a;17:1200,18:44</c>. A notice is a hint: what cannot be read is left to the next look.
/// </summary>
internal static class AppendNotice
{
    // The server takes less than 8000 bytes.
    private const int MaxLength = 7000;

    public static IEnumerable<string> Write(string sender, IEnumerable<PartitionRow> partitions)
    {
        var text = new StringBuilder(sender);
        foreach (PartitionRow partition in partitions)
        {
            if (text.Length > MaxLength)
            {
                yield return text.ToString();
                text.Clear().Append(sender);
            }

            text.Append(text.Length == sender.Length ? ';' : ',');
            text.Append(CultureInfo.InvariantCulture, $"{partition.Id}:{partition.Next}");
        }

        yield return text.ToString();
    }

    /// <summary>The ends that another process told; none of what this one did.</summary>
    public static IEnumerable<(long Partition, long Next)> Read(string sender, string payload)
    {
        int body = payload.IndexOf(';', StringComparison.Ordinal);
        if (body < 0 || payload.AsSpan(0, body).SequenceEqual(sender))
            yield break;
        foreach (string part in payload[(body + 1)..].Split(','))
        {
            int colon = part.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0
                && long.TryParse(part.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out long id)
                && long.TryParse(
                    part.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long next))
                yield return (id, next);
        }
    }
}

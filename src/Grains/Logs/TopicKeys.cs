namespace Weir.Grains.Logs;

using System.Globalization;
using Weir.Contracts;
using Weir.Protocol.Logs;

/// <summary>
/// Grain keys of topics and partitions. They begin with <c>t:</c>, because grain storage takes keys that look like
/// numbers for numbers, and different texts of one number would share a row.
/// </summary>
public static class TopicKeys
{
    private const string Prefix = "t:";

    /// <summary>The key of a topic's grain.</summary>
    public static string Of(string topic) => Prefix + topic;

    /// <summary>The key of a partition's grain.</summary>
    public static string Of(string topic, int partition) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{topic}/{partition}");

    /// <summary>The topic of a key, which may be wrong: callers write it.</summary>
    public static string TopicOf(string key) =>
        key.StartsWith(Prefix, StringComparison.Ordinal) && key.Length > Prefix.Length
            ? key[Prefix.Length..]
            : throw new WeirException(WeirError.InvalidRequest, $"'{key}' is not the key of a topic: write t:topic.");

    /// <summary>The partition of a key, which may be wrong: callers write it.</summary>
    public static TopicPartition PartitionOf(string key)
    {
        int slash = key.LastIndexOf('/');
        return slash > Prefix.Length
            && key.StartsWith(Prefix, StringComparison.Ordinal)
            && TryParse(key.AsSpan(slash + 1), out int partition)
            ? new TopicPartition(key[Prefix.Length..slash], partition)
            : throw new WeirException(
                WeirError.InvalidRequest, $"'{key}' is not the key of a partition: write t:topic/partition.");
    }

    /// <summary>Reads the number of a partition: digits without a leading zero, so that a partition has one name.
    /// </summary>
    internal static bool TryParse(ReadOnlySpan<char> text, out int partition) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out partition)
        && (text.Length == 1 || text[0] != '0');
}

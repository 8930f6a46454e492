namespace Weir.Protocol.Checkpoints;

using System.Globalization;
using Weir.Protocol.Logs;

/// <summary>
/// The names of a job's participants, as they stand in reports, manifests and messages. They hold no index of the
/// graph, so they stay the same when a job is changed around them.
/// </summary>
public static class Participants
{
    private const string SourcePrefix = "source ";

    /// <summary>A partition of a source, as <c>source clicks/3</c>.</summary>
    public static string OfSource(string topic, int partition) =>
        string.Create(CultureInfo.InvariantCulture, $"source {topic}/{partition}");

    /// <summary>The partition of a source, of its name.</summary>
    /// <exception cref="FormatException">It is not the name of a source.</exception>
    public static TopicPartition PartitionOf(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        int slash = source.LastIndexOf('/');
        return source.StartsWith(SourcePrefix, StringComparison.Ordinal) && slash > 0
            ? new TopicPartition(
                source[SourcePrefix.Length..slash], int.Parse(source[(slash + 1)..], CultureInfo.InvariantCulture))
            : throw new FormatException($"'{source}' is not the name of a source.");
    }

    /// <summary>A group of an operator, as <c>operator sum, group 3</c>.</summary>
    public static string OfGroup(string operatorName, int group) =>
        string.Create(CultureInfo.InvariantCulture, $"operator {operatorName}, group {group}");
}

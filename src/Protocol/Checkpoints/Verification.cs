namespace Weir.Protocol.Checkpoints;

using Weir.Protocol.Logs;
using Weir.Protocol.Sources;

/// <summary>A file that checkpoints refer to.</summary>
/// <param name="File">Its name.</param>
/// <param name="Parts">The parts that are in use, each once, in the order of the file.</param>
/// <param name="Checkpoints">Numbers of the checkpoints that refer to it.</param>
public sealed record StoredParts(string File, IReadOnlyList<SegmentRef> Parts, IReadOnlyList<long> Checkpoints);

/// <summary>A stretch of a partition that a job has read.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Digest">Where it lies and, if <paramref name="IsRecorded"/>, what it was when it was read.</param>
/// <param name="IsRecorded">Whether a kept checkpoint recorded its digest.</param>
/// <param name="Checkpoints">Numbers of the checkpoints that end with it.</param>
public sealed record ReadStretch(
    TopicPartition Partition, InputDigest Digest, bool IsRecorded, IReadOnlyList<long> Checkpoints);

/// <summary>
/// What there is to verify of kept checkpoints. Invariant: every part that one of them refers to is named once, and the
/// stretches of a partition cover it without a gap from the first recorded offset to the last.
/// </summary>
/// <remarks>
/// Kept are 4, at offset 40 with the input from 30 on, and 9, at 90 with the input from 80 on: stretches are [30, 40) and
/// [80, 90), whose digests are recorded, and [40, 80), whose digest went with checkpoint 8.
/// </remarks>
public static class Verification
{
    /// <summary>The files, ordered by name.</summary>
    public static IReadOnlyList<StoredParts> Files(IReadOnlyList<Manifest> manifests)
    {
        ArgumentNullException.ThrowIfNull(manifests);
        return
        [
            .. manifests
                .SelectMany(manifest => manifest.Reports
                    .SelectMany(report => report.References)
                    .Select(part => (Part: part, manifest.Number)))
                .GroupBy(each => each.Part.File)
                .OrderBy(file => file.Key, StringComparer.Ordinal)
                .Select(file => new StoredParts(
                    file.Key,
                    [.. file.Select(each => each.Part).Distinct().OrderBy(part => part.Offset)],
                    [.. file.Select(each => each.Number).Distinct().Order()])),
        ];
    }

    /// <summary>The input, ordered by partition and offset.</summary>
    public static IReadOnlyList<ReadStretch> Input(IReadOnlyList<Manifest> manifests)
    {
        ArgumentNullException.ThrowIfNull(manifests);
        return
        [
            .. manifests
                .OrderBy(manifest => manifest.Number)
                .SelectMany(manifest => manifest.Reports)
                .Where(report => report.Cut is not null)
                .GroupBy(report => report.Participant)
                .OrderBy(source => source.Key, StringComparer.Ordinal)
                .SelectMany(source => Stretches(Participants.PartitionOf(source.Key), [.. source])),
        ];
    }

    private static List<ReadStretch> Stretches(TopicPartition partition, ParticipantReport[] reports)
    {
        // The last batch of the oldest stands for itself: retention may have removed what lies before it.
        IEnumerable<(InputDigest Digest, long Number)> digests = reports
            .Select(report => (report.Cut!.Input, report.Number))
            .Prepend((reports[0].Cut!.Last, reports[0].Number));
        var stretches = new List<ReadStretch>();
        long covered = long.MaxValue;
        foreach (IGrouping<InputDigest, (InputDigest Digest, long Number)> each in digests
            .Where(each => each.Digest.Next > each.Digest.From)
            .GroupBy(each => each.Digest)
            .OrderBy(each => each.Key.From)
            .ThenBy(each => each.Key.Next))
        {
            long[] numbers = [.. each.Select(one => one.Number).Distinct()];
            if (each.Key.From > covered)
                stretches.Add(new ReadStretch(
                    partition, new InputDigest(covered, each.Key.From, 0, 0), false, numbers));
            stretches.Add(new ReadStretch(partition, each.Key, true, numbers));
            covered = covered == long.MaxValue ? each.Key.Next : Math.Max(covered, each.Key.Next);
        }

        return stretches;
    }
}

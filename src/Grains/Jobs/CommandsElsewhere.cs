namespace Weir.Grains.Jobs;

using Weir.Engine.Graph;
using Weir.Protocol.Checkpoints;

/// <summary>
/// Commands to keys, in a checkpoint that goes on under another name or over another log. They were meant for the keys
/// of the job that it was taken of, so the source of commands begins anew; but groups remember how far they had come, so
/// offsets of the new topic have to go on beyond that.
/// </summary>
internal static class CommandsElsewhere
{
    /// <summary>The checkpoint without its source of commands.</summary>
    public static Manifest Without(Manifest manifest, JobGraph graph) =>
        manifest with { Reports = [.. manifest.Reports.Where(report => report.Cut is null || IsInput(report, graph))] };

    /// <summary>The offset to which its source of commands had come; 0 if there was none.</summary>
    public static long NextOf(Manifest manifest, JobGraph graph) => manifest.Reports
        .Where(report => report.Cut is not null && !IsInput(report, graph))
        .Select(report => report.Cut!.Next)
        .DefaultIfEmpty()
        .Max();

    private static bool IsInput(ParticipantReport source, JobGraph graph) =>
        graph.Inputs.Any(topic => topic.Name == Participants.PartitionOf(source.Participant).Topic);
}

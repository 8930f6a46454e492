namespace Weir.Cli.Commands;

using System.Globalization;
using Weir.Contracts.Topics;

internal sealed class TopicsCommand() : WeirCommand("topics", "List the topics.")
{
    public override IReadOnlyList<string> Examples => ["weir topics", "weir topics --json"];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        IReadOnlyList<TopicDescription> topics = await session.Client.ListTopicsAsync(cancellation)
            .ConfigureAwait(false);
        if (session.Screen.IsJson)
        {
            session.Screen.Json(topics);
            return ExitCode.Done;
        }

        session.Screen.Table(
            ["topic", "event", "partitions", "offsets", "bytes", "sealed"],
            topics.Select(topic => new[]
            {
                topic.Name,
                topic.Schema,
                topic.Partitions.Length.ToString(CultureInfo.InvariantCulture),
                topic.Partitions.Sum(part => part.Next - part.First).ToString("N0", CultureInfo.InvariantCulture),
                topic.Partitions.Sum(part => part.Bytes).ToString("N0", CultureInfo.InvariantCulture),
                topic.IsSealed ? "yes" : "no",
            }));
        return ExitCode.Done;
    }
}

namespace Weir.Cli.Output;

using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Topics;

/// <summary>The topics that there are, for whoever has named one that is none.</summary>
internal static class TopicNames
{
    private const int Most = 10;

    /// <summary>A sentence with the names, the first ones if there are many; empty if they can not be had.</summary>
    public static async Task<string> ThereAreAsync(IWeirClient client, CancellationToken cancellation)
    {
        try
        {
            return Sentence(await client.ListTopicsAsync(cancellation).ConfigureAwait(false));
        }
        catch (WeirException)
        {
            return "";
        }
    }

    private static string Sentence(IReadOnlyList<TopicDescription> topics)
    {
        string names = string.Join(", ", topics.Take(Most).Select(topic => topic.Name));
        return topics.Count switch
        {
            0 => "There are no topics yet.",
            <= Most => $"There are: {names}.",
            _ => $"There are: {names} and {topics.Count - Most} more; see weir topics.",
        };
    }
}

namespace Weir.Soak.Flows;

using System.Diagnostics;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Keys;
using Weir.Engine.Streams;
using Weir.Soak.Jobs;

/// <summary>
/// Asks everything of a service whose database is away. Each request must be answered, or refused in time as unavailable
/// in words of Weir.
/// </summary>
internal static class OutageProbe
{
    private static readonly Topic<string> Notes = Topic.Of<string>("notes");
    private static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(1);

    // The last attempt may begin when the time is almost up, and take as long as a call may.
    private static readonly TimeSpan Patience = RetryFor + TimeSpan.FromSeconds(12);

    /// <summary>A connection that gives up early.</summary>
    public static Task<WeirConnection> ConnectAsync(IReadOnlyList<string> gateways) => WeirConnection.ConnectAsync(
        new WeirConnectionOptions { Gateways = gateways, Client = options => options.RetryFor = RetryFor });

    /// <summary>Creates what is asked for.</summary>
    public static Task BeginAsync(IWeirClient client) => client.CreateTopicAsync(Notes);

    /// <summary>Asks; returns what is wrong.</summary>
    public static async Task<IReadOnlyList<string>> AskAsync(IWeirClient client)
    {
        IKeyedView<string, VisitCount> view = client.View(CountVisits.JobName, CountVisits.Latest);
        (string What, Func<Task> Request)[] requests =
        [
            ("send", () => client.SendAsync(Notes, "a note")),
            ("list topics", () => client.ListTopicsAsync()),
            ("find a topic", () => client.FindTopicAsync("visits")),
            ("read a topic", () => ReadAsync(client)),
            ("list jobs", () => client.ListJobsAsync()),
            ("describe a job that nobody asked for", () => client.DescribeJobAsync(SteadyLoad.JobName)),
            ("list checkpoints", () => client.ListCheckpointsAsync(CountVisits.JobName)),
            ("find a key", () => view.FindAsync("user1")),
            ("find a key in a checkpoint", () => view.At(ReadAt.LastCheckpoint).FindAsync("user2")),
            ("inspect a key", () => client.InspectAsync(CountVisits.JobName, "count", "user3")),
        ];
        string?[] faults = await Task.WhenAll(requests.Select(each => AskAsync(each.What, each.Request)));
        return [.. faults.OfType<string>()];
    }

    private static async Task<string?> AskAsync(string what, Func<Task> request)
    {
        long begin = Stopwatch.GetTimestamp();
        try
        {
            await request().WaitAsync(Patience);
            return null;
        }
        catch (WeirException away) when (away.Error == WeirError.Unavailable)
        {
            return null;
        }
        catch (Exception fault)
        {
            double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            return $"to {what} ended after {seconds:F1} s with {fault.GetType().Name}: {fault.Message}";
        }
    }

    private static async Task ReadAsync(IWeirClient client)
    {
        await foreach (TopicEvent<string> _ in client.ReadAsync(Notes))
        {
            // Whether there is an answer is all that counts.
        }
    }
}

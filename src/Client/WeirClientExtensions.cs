namespace Weir.Client;

using Weir.Contracts.Jobs;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;

/// <summary>Shorter forms of <see cref="IWeirClient"/>'s calls.</summary>
public static class WeirClientExtensions
{
    /// <summary>See <see cref="IWeirClient.SealAsync"/>.</summary>
    public static Task SealAsync(this IWeirClient client, Topic topic, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(topic);
        return client.SealAsync(topic.Name, cancellation);
    }

    /// <summary>See <see cref="IWeirClient.FindTopicAsync"/>.</summary>
    public static Task<TopicDescription?> FindTopicAsync(
        this IWeirClient client, Topic topic, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(topic);
        return client.FindTopicAsync(topic.Name, cancellation);
    }

    /// <summary>
    /// Waits until a job is in a state; one that has finished counts as running too, since it has run. See
    /// <see cref="IWeirClient.WaitForJobAsync"/>.
    /// </summary>
    public static Task<JobStatus> WaitForJobAsync(
        this IWeirClient client, string job, JobState state, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.WaitForJobAsync(
            job,
            status => status.State == state || (state == JobState.Running && status.State == JobState.Finished),
            cancellation);
    }
}

namespace Weir.Benchmarks.Nexmark.Runs;

using System.Diagnostics;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;

/// <summary>Looks at a job and at the memory of the process until the job has finished.</summary>
internal sealed class JobSampler(IWeirClient client, string job)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly SortedDictionary<long, CheckpointDescription> _checkpoints = [];

    /// <summary>The complete checkpoints that were seen, oldest first.</summary>
    public IReadOnlyCollection<CheckpointDescription> Checkpoints => _checkpoints.Values;

    /// <summary>The most memory that the process had at any look.</summary>
    public long PeakMemory { get; private set; }

    /// <summary>Returns when the job has finished.</summary>
    /// <exception cref="WeirException">The job has failed, or does not come to its end.</exception>
    public async Task WatchAsync()
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            PeakMemory = Math.Max(PeakMemory, Environment.WorkingSet);
            JobStatus status = await client.DescribeJobAsync(job);
            if (status.Checkpoints.Last is { } last)
                _checkpoints[last.Number] = last;
            if (status.State == JobState.Finished)
                return;
            if (status.Failure is { } failure)
                throw new WeirException(WeirError.JobFailed, $"The job '{job}' has failed: {failure}");
            if (Stopwatch.GetElapsedTime(began) > Limit)
                throw new WeirException(
                    WeirError.Unavailable,
                    $"The job '{job}' has not finished within {Limit.TotalMinutes} minutes; {status.Checkpoints.Problem}");
            await Task.Delay(Pause);
        }
    }
}

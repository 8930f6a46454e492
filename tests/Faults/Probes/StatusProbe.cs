namespace Weir.Faults.Probes;

using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;

/// <summary>
/// Asks again and again how a job is. Invariant that it checks: neither the epoch nor the last checkpoint falls, and
/// within an epoch no watermark does. An operator has no watermark while a group of it does not answer for the epoch,
/// because its silo has died; that is no fall.
/// </summary>
internal sealed class StatusProbe(string job)
{
    private readonly Dictionary<string, EventTime> _watermarks = [];
    private readonly List<string> _problems = [];
    private long _epoch;
    private JobStatus? _before;

    public string Job => job;

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>How often the job answered.</summary>
    public int Answers { get; private set; }

    public long Epoch => _epoch;

    /// <summary>The number of the last complete checkpoint that was seen.</summary>
    public long Checkpoint { get; private set; }

    /// <summary>Whether a checkpoint was damaged, so that an earlier one may be the last.</summary>
    public bool MayFallBack { get; set; }

    /// <summary>The newest answer.</summary>
    public JobStatus? Last { get; private set; }

    /// <summary>What is stored was brought back from a copy: the job is where it was then.</summary>
    public void StartOver()
    {
        lock (_problems)
        {
            _epoch = Checkpoint = 0;
            _watermarks.Clear();
            Last = _before = null;
        }
    }

    public async Task RunAsync(Func<Task<IWeirClient>> connect, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                IWeirClient client = await connect();
                Look(await client.DescribeJobAsync(job, cancellation));
            }
            catch (Exception fault) when (Down.Is(fault))
            {
                // The silo is down, or has just come up: that is what this program does to it.
            }

            await Task.Delay(150, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Look(JobStatus status)
    {
        lock (_problems)
            LookInTurn(status);
    }

    private void LookInTurn(JobStatus status)
    {
        Answers++;
        Last = status;
        if (status.Epoch < _epoch)
            _problems.Add($"{job}: epoch {status.Epoch} after epoch {_epoch}");
        long checkpoint = status.Checkpoints.Last?.Number ?? 0;
        if (checkpoint < Checkpoint && status.State is JobState.Running && !MayFallBack)
            _problems.Add($"{job}: checkpoint {checkpoint} after checkpoint {Checkpoint}");
        Checkpoint = Math.Max(Checkpoint, checkpoint);
        if (status.Epoch > _epoch)
            _watermarks.Clear();
        else if (_before is { } before && IsWhole(before) && IsWhole(status))
            LookAtWatermarks(before);
        _before = status;
        _epoch = Math.Max(_epoch, status.Epoch);
    }

    // What participants say is of one epoch only if the job ran in it before they were asked and after they answered.
    private bool IsWhole(JobStatus status) => status.State == JobState.Running && status.Epoch == _epoch;

    private void LookAtWatermarks(JobStatus status)
    {
        foreach (SourceStatus source in status.Sources)
            Look($"{source.Topic}/{source.Partition}", source.Watermark);
        foreach (OperatorStatus each in status.Operators)
            Look(each.Name, each.Watermark);
    }

    private void Look(string place, EventTime watermark)
    {
        if (watermark == EventTime.MinValue)
            return;
        if (_watermarks.TryGetValue(place, out EventTime before) && watermark < before)
            _problems.Add($"{job}, {place}: watermark {watermark} after {before} in epoch {_epoch}");
        _watermarks[place] = watermark;
    }
}

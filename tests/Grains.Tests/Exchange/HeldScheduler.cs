namespace Weir.Grains.Tests.Exchange;

/// <summary>Runs what it is given on the pool, until it is held: then nothing, until it is let go again.</summary>
internal sealed class HeldScheduler : TaskScheduler, IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Task> _held = [];
    private bool _isHeld;

    public void Hold()
    {
        lock (_gate)
            _isHeld = true;
    }

    public void Dispose()
    {
        Task[] held;
        lock (_gate)
        {
            _isHeld = false;
            held = [.. _held];
            _held.Clear();
        }

        foreach (Task task in held)
            QueueTask(task);
    }

    protected override void QueueTask(Task task)
    {
        lock (_gate)
        {
            if (_isHeld)
            {
                _held.Add(task);
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(_ => TryExecuteTask(task), null);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}

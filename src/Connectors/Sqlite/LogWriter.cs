namespace Weir.Connectors.Sqlite;

using Weir.Connectors.Chunks;
using Weir.Protocol.Faults;
using Weir.Protocol.Logs;

/// <summary>
/// The one thread that writes. It takes all commands that wait and commits them in one transaction, so that many
/// senders share one flush of the disk: the longer a flush takes, the larger the next group.
/// Invariant: a command is answered after the commit that holds it; a failed commit fails its whole group.
/// </summary>
internal sealed class LogWriter
{
    private readonly LogStore _store;
    private readonly WriteQueue _queue;
    private readonly AppendWatchers _watchers;
    private readonly string _path;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LogWriter(LogStore store, WriteQueue queue, AppendWatchers watchers, string path)
    {
        _store = store;
        _queue = queue;
        _watchers = watchers;
        _path = path;
        var thread = new Thread(Run) { IsBackground = true, Name = "Weir event log writer" };
        thread.Start();
    }

    /// <summary>When the queue was closed and everything in it is answered.</summary>
    public Task Ended => _ended.Task;

    private void Run()
    {
        var group = new List<WriteCommand>();
        while (_queue.Take(group))
        {
            if (group.Count > 0)
                Process(group);
            group.Clear();
        }
        _store.Dispose();
        _ended.SetResult();
    }

    private void Process(List<WriteCommand> group)
    {
        try
        {
            _store.Begin();
            foreach (WriteCommand command in group)
                command.Execute(_store);
            CrashPoint.Pass(CrashLabels.AppendBeforeCommit);
            _store.Commit();
            CrashPoint.Pass(CrashLabels.AppendAfterCommit);
        }
        catch (Exception failure)
        {
            // Whatever it was, the thread must live on: the next group begins with a fresh connection and memory.
            _store.Abandon();
            foreach (WriteCommand command in group)
                command.Fail(StorageFailure.ToEventLogException(failure, _path));
            return;
        }
        foreach (WriteCommand command in group)
            command.Answer();
        foreach (PartitionState partition in _store.Appended)
            _watchers.Notify(partition.Name, partition.Next);
        _store.ClearChanges();
        _store.CopyCommitted();
    }
}

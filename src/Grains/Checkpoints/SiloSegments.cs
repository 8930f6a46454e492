namespace Weir.Grains.Checkpoints;

using Orleans.Runtime;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Faults;

/// <summary>A checkpoint of a job in an epoch.</summary>
internal readonly record struct CheckpointId(string Job, long Epoch, long Number);

/// <summary>
/// Writes what the participants of a silo have copied for a checkpoint: one file for all of them, so that a checkpoint
/// costs one fsync of a file and one of a directory, however many key groups there are. Invariant: a file is created
/// once, under a name that no other silo, epoch or checkpoint can have, and never written again.
/// </summary>
/// <remarks>
/// A file is closed when everyone who has joined has handed over, or a short while after the first did: a participant
/// whose barrier comes late then gets a file of its own, and waits for nobody. A silo that stops finishes the files that it
/// has begun: nothing is written to the store behind its end.
/// </remarks>
internal sealed class SiloSegments(ICheckpointStore store, TimeProvider time) : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Job, long Epoch), int> _members = [];
    private readonly Dictionary<CheckpointId, Batch> _open = [];
    private readonly HashSet<Batch> _unwritten = [];

    // Stopped last, when no grain is left that hands over.
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SiloSegments), ServiceLifecycleStage.RuntimeInitialize, _ => Task.CompletedTask, FinishAsync);

    /// <summary>A participant of this silo begins an epoch.</summary>
    public void Join(string job, long epoch)
    {
        lock (_lock)
            _members[(job, epoch)] = _members.GetValueOrDefault((job, epoch)) + 1;
    }

    /// <summary>A participant of this silo ends an epoch.</summary>
    public void Leave(string job, long epoch)
    {
        lock (_lock)
        {
            int left = _members.GetValueOrDefault((job, epoch)) - 1;
            if (left > 0)
                _members[(job, epoch)] = left;
            else
                _members.Remove((job, epoch));
        }
    }

    /// <summary>
    /// Stores the parts of one participant, of which there may be none, each in pieces; completes when they are durable
    /// and says where each is.
    /// </summary>
    /// <exception cref="CheckpointStoreException">They could not be stored.</exception>
    public async Task<SegmentRef[]> WriteAsync(
        CheckpointId checkpoint, IReadOnlyList<IReadOnlyList<ReadOnlyMemory<byte>>> parts)
    {
        Batch batch;
        int first;
        bool isFull;
        lock (_lock)
        {
            if (!_open.TryGetValue(checkpoint, out Batch? open))
            {
                _open.Add(checkpoint, open = new Batch(checkpoint));
                _unwritten.Add(open);
                CloseLaterAsync(open).Ignore();
            }

            batch = open;
            first = batch.Parts.Count;
            batch.Parts.AddRange(parts);
            isFull = ++batch.Members >= _members.GetValueOrDefault((checkpoint.Job, checkpoint.Epoch));
        }

        if (isFull)
            Close(batch);
        SegmentRef[] all = await batch.Written.Task;
        return all[first..(first + parts.Count)];
    }

    private async Task CloseLaterAsync(Batch batch)
    {
        await Task.Delay(Patience, time);
        Close(batch);
    }

    private void Close(Batch batch)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue(batch.Checkpoint, out Batch? open) || open != batch)
                return;
            _open.Remove(batch.Checkpoint);
        }

        // On a thread of its own: who hands over last must not wait for the disk in its turn.
        Task.Run(() => WriteAsync(batch)).Ignore();
    }

    private async Task WriteAsync(Batch batch)
    {
        try
        {
            if (batch.Parts.Count == 0)
            {
                batch.Written.SetResult([]);
                return;
            }

            string file = CheckpointNames.Segments(
                batch.Checkpoint.Job, batch.Checkpoint.Epoch, batch.Checkpoint.Number, Guid.NewGuid().ToString("N"));
            SegmentRef[] refs = Place(file, batch.Parts);
            CrashPoint.Pass(CrashLabels.SegmentBefore);
            await store.WriteAsync(file, [.. batch.Parts.SelectMany(pieces => pieces)], CancellationToken.None);
            CrashPoint.Pass(CrashLabels.SegmentAfter);
            batch.Written.SetResult(refs);
        }
        catch (Exception fault)
        {
            batch.Written.SetException(fault);
        }
        finally
        {
            lock (_lock)
                _unwritten.Remove(batch);
        }
    }

    private async Task FinishAsync(CancellationToken stop)
    {
        Task[] unwritten;
        lock (_lock)
            unwritten = [.. _unwritten.Select(batch => batch.Written.Task)];
        try
        {
            await Task.WhenAll(unwritten).WaitAsync(LongestEnd, stop);
        }
        catch (Exception fault) when (fault is CheckpointStoreException or TimeoutException or OperationCanceledException)
        {
            // What was not written, or is written later, nobody refers to.
        }
    }

    private static SegmentRef[] Place(string file, List<IReadOnlyList<ReadOnlyMemory<byte>>> parts)
    {
        var refs = new SegmentRef[parts.Count];
        long offset = 0;
        for (int i = 0; i < refs.Length; i++)
        {
            uint checksum = 0;
            long length = 0;
            foreach (ReadOnlyMemory<byte> piece in parts[i])
            {
                checksum = Checksum.Append(checksum, piece.Span);
                length += piece.Length;
            }

            refs[i] = new SegmentRef(file, offset, length, checksum);
            offset += length;
        }

        return refs;
    }

    private sealed class Batch(CheckpointId checkpoint)
    {
        public CheckpointId Checkpoint => checkpoint;

        public List<IReadOnlyList<ReadOnlyMemory<byte>>> Parts { get; } = [];

        public int Members { get; set; }

        public TaskCompletionSource<SegmentRef[]> Written { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

namespace Weir.Connectors.Sqlite;

using Weir.Connectors.Chunks;

/// <summary>
/// The newest committed chunks in memory, so that readers at the end of a partition do not touch the database.
/// Invariant: what is held of a partition is contiguous and ends with its newest chunk, and all of it together stays
/// within the budget; the chunk that was added first goes first. Chunks of
/// a deleted partition go the same way: nobody asks for them, since identifiers are not reused.
/// </summary>
internal sealed class RecentChunks(long budget)
{
    private const int ChunkOverhead = 128;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Run> _runs = [];
    private readonly Queue<long> _order = new();
    private long _bytes;

    public void Add(Chunk chunk)
    {
        if (budget == 0)
            return;
        lock (_gate)
        {
            if (!_runs.TryGetValue(chunk.Partition, out Run? run))
                _runs.Add(chunk.Partition, run = new Run());
            run.Add(chunk);
            _order.Enqueue(chunk.Partition);
            _bytes += SizeOf(chunk);
            while (_bytes > budget)
                RemoveOldest();
        }
    }

    /// <summary>Gives up what is held of a partition, because it has changed.</summary>
    public void Forget(long partition)
    {
        lock (_gate)
        {
            if (!_runs.Remove(partition, out Run? run))
                return;
            while (run.RemoveFirst() is { } chunk)
                _bytes -= SizeOf(chunk);
        }
    }

    /// <summary>The chunk that holds an offset, or null if it is not here.</summary>
    public Chunk? Find(long partition, long offset)
    {
        lock (_gate)
            return _runs.TryGetValue(partition, out Run? run) ? run.Find(offset) : null;
    }

    private static long SizeOf(Chunk chunk) => chunk.Body.Length + ChunkOverhead;

    private void RemoveOldest()
    {
        long partition = _order.Dequeue();
        if (_runs.TryGetValue(partition, out Run? run) && run.RemoveFirst() is { } chunk)
            _bytes -= SizeOf(chunk);
    }

    /// <summary>Chunks of one partition, oldest first; removed ones leave a gap in front that is closed when it is
    /// half of the list.</summary>
    private sealed class Run
    {
        private readonly List<Chunk?> _chunks = [];
        private int _first;

        public void Add(Chunk chunk) => _chunks.Add(chunk);

        public Chunk? RemoveFirst()
        {
            if (_first == _chunks.Count)
                return null;
            Chunk? chunk = _chunks[_first];
            _chunks[_first++] = null;
            if (_first * 2 >= _chunks.Count)
            {
                _chunks.RemoveRange(0, _first);
                _first = 0;
            }
            return chunk;
        }

        public Chunk? Find(long offset)
        {
            int low = _first;
            int high = _chunks.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (_chunks[middle]!.Next <= offset)
                    low = middle + 1;
                else
                    high = middle;
            }
            return low < _chunks.Count && _chunks[low]!.Covers(offset) ? _chunks[low] : null;
        }
    }
}

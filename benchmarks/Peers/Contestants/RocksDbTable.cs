namespace Weir.Benchmarks.Peers.Contestants;

using System.Buffers.Binary;
using RocksDbSharp;

/// <summary>RocksDB as the table of sums: a read and a write per event, without its write-ahead log.</summary>
internal sealed class RocksDbTable : IContestant
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-peers-").FullName;
    private readonly WriteOptions _unlogged = new WriteOptions().DisableWal(1);
    private Sums _sums;

    public Task RunAsync(Reading[] readings)
    {
        using RocksDb table = RocksDb.Open(new DbOptions().SetCreateIfMissing(true), _folder);
        Span<byte> key = stackalloc byte[8];
        Span<byte> state = stackalloc byte[16];
        foreach (ref readonly Reading reading in readings.AsSpan())
        {
            long window = Workload.WindowOf(in reading);
            BinaryPrimitives.WriteInt64BigEndian(key, reading.Key);
            long sum = 0;
            if (table.GetFixedSizeValue(key, state))
            {
                long open = BinaryPrimitives.ReadInt64LittleEndian(state);
                sum = BinaryPrimitives.ReadInt64LittleEndian(state[8..]);
                if (open != window)
                {
                    _sums.Add(reading.Key, open, sum);
                    sum = 0;
                }
            }

            BinaryPrimitives.WriteInt64LittleEndian(state, window);
            BinaryPrimitives.WriteInt64LittleEndian(state[8..], sum + reading.Amount);
            table.Put(key, state, null, _unlogged);
        }

        using Iterator rows = table.NewIterator();
        for (rows.SeekToFirst(); rows.Valid(); rows.Next())
        {
            ReadOnlySpan<byte> value = rows.GetValueSpan();
            _sums.Add(
                BinaryPrimitives.ReadInt64BigEndian(rows.GetKeySpan()),
                BinaryPrimitives.ReadInt64LittleEndian(value),
                BinaryPrimitives.ReadInt64LittleEndian(value[8..]));
        }

        return Task.CompletedTask;
    }

    public Task<Sums> SumsAsync() => Task.FromResult(_sums);

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}

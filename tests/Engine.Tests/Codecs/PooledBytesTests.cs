namespace Weir.Engine.Tests.Codecs;

using System.Buffers;
using CsCheck;
using Weir.Engine.Codecs;

public sealed class PooledBytesTests
{
    [Fact]
    public void WhoReadsWhatWasGivenBackIsTold()
    {
        var pool = new SpoilingPool();
        ReadOnlyMemory<byte> memory = PooledBytes.Of(pool, pool.Rent(50), 50);
        ReadOnlyMemory<byte> part = memory[10..20];
        Assert.Equal((50, 10), (memory.Length, part.Length));
        PooledBytes.Return(part);
        Assert.Throws<ObjectDisposedException>(() => memory.Span[0]);
        Assert.Throws<ObjectDisposedException>(() => part.ToArray());
        Assert.Throws<ObjectDisposedException>(() => new ByteReader(memory));
        Assert.Throws<ObjectDisposedException>(() => memory.Pin());
    }

    [Fact]
    public void WhatIsGivenBackTwiceGoesBackOnce_AndWhatIsNoPoolsStays()
    {
        var pool = new SpoilingPool();
        ReadOnlyMemory<byte> memory = PooledBytes.Of(pool, pool.Rent(50), 50);
        PooledBytes.Return(memory);
        PooledBytes.Return(memory);
        Assert.Equal((1, 1), (pool.Rented, pool.Returned));
        byte[] own = [1, 2, 3];
        PooledBytes.Return(own);
        PooledBytes.Return(default);
        Assert.Equal([1, 2, 3], own);
    }

    [Fact]
    public void AReaderReadsWhereItLies()
    {
        var pool = new SpoilingPool();
        byte[] array = pool.Rent(50);
        var reader = new ByteReader(PooledBytes.Of(pool, array, 50)[3..]);
        array[3] = 7;
        Assert.Equal(7, reader.ReadByte());
    }

    // What is held meanwhile must not be what another writer has got: the pool spoils whatever comes back.
    [Fact]
    public void AWriterOverAPoolGivesWhatOneWithoutGives() => Gen.Select(Gen.Int[0, 300], Gen.Int[0, 3])
        .List[0, 60]
        .Sample(steps =>
        {
            var pool = new SpoilingPool();
            var pooled = new ByteWriter(pool);
            var plain = new ByteWriter();
            var held = new List<(ReadOnlyMemory<byte> Pooled, byte[] Plain)>();
            foreach ((int length, int kind) in steps)
            {
                byte[] bytes = [.. Enumerable.Range(0, length).Select(each => (byte)(each + length))];
                pooled.WriteBlob(bytes);
                plain.WriteBlob(bytes);
                if (kind == 0)
                    held.Add((pooled.Detach(), plain.Detach().ToArray()));
                if (kind == 1 && held.Count > 0)
                {
                    PooledBytes.Return(held[0].Pooled);
                    held.RemoveAt(0);
                }

                Assert.True(pooled.Written.SequenceEqual(plain.Written));
                Assert.All(held, each => Assert.Equal(each.Plain, each.Pooled.ToArray()));
            }

            held.ForEach(each => PooledBytes.Return(each.Pooled));
            pooled.Return();
            Assert.Equal(pool.Rented, pool.Returned);
        });

    private sealed class SpoilingPool : ArrayPool<byte>
    {
        private readonly ArrayPool<byte> _arrays = Create(1024, 4);

        public int Rented { get; private set; }

        public int Returned { get; private set; }

        public override byte[] Rent(int minimumLength)
        {
            Rented++;
            return _arrays.Rent(minimumLength);
        }

        public override void Return(byte[] array, bool clearArray = false)
        {
            Returned++;
            Array.Fill(array, (byte)0xEE);
            _arrays.Return(array);
        }
    }
}

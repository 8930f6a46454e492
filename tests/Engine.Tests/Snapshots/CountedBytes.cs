namespace Weir.Engine.Tests.Snapshots;

using Weir.Engine.Snapshots;

/// <summary>A stored segment that counts what is read of it.</summary>
internal sealed class CountedBytes(ReadOnlyMemory<byte> bytes) : ISegmentBytes
{
    private readonly SegmentMemory _memory = new(bytes);

    public long Length => _memory.Length;

    public long BytesRead { get; private set; }

    public void Read(long at, Span<byte> into)
    {
        BytesRead += into.Length;
        _memory.Read(at, into);
    }

    public long ReadBy(Action action)
    {
        long before = BytesRead;
        action();
        return BytesRead - before;
    }
}

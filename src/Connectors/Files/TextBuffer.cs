namespace Weir.Connectors.Files;

using System.Buffers;
using System.Text;

/// <summary>
/// Text that grows in an array of the pool, where megabytes a second would otherwise be new memory each time. Invariant:
/// what was written stays as it is until it is disposed, and is not used after.
/// </summary>
internal sealed class TextBuffer(int capacity) : IBufferWriter<byte>, IDisposable
{
    private const int LeastRoom = 256;
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);
    private int _length;

    public Span<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Appends a byte.</summary>
    public void Add(byte value)
    {
        Reserve(1);
        _bytes[_length++] = value;
    }

    /// <summary>Appends a text in UTF-8; half of a surrogate pair alone becomes the sign for what is no character.</summary>
    public void Add(string text)
    {
        // Most text is ASCII: then it is looked at once only.
        if (Ascii.FromUtf16(text, GetSpan(text.Length), out int ascii) == OperationStatus.Done)
            _length += ascii;
        else
            Encoding.UTF8.GetBytes(text, this);
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - _length);
        _length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_length);
    }

    public void Dispose()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _length = 0;
    }

    private void Reserve(int room)
    {
        room = Math.Max(room, 1);
        if (_bytes.Length - _length >= room)
            return;
        int least = checked(_length + Math.Max(room, LeastRoom));
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(least, (int)Math.Min(Array.MaxLength, _bytes.Length * 2L)));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}

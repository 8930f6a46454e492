namespace Weir.Protocol.Checkpoints;

using System.Diagnostics.CodeAnalysis;
using Weir.Engine.Codecs;

/// <summary>
/// Takes a <see cref="SavepointFile"/> in, in pieces of any size. Invariant: a part is handed out once all its bytes
/// are there and match its checksum, and no byte is read twice.
/// </summary>
public sealed class SavepointIntake
{
    private readonly Queue<(SegmentRef Part, byte[] Bytes)> _ready = new();
    private byte[] _filling = new byte[SavepointFile.PrefixLength];
    private int _filled;
    private int _next;
    private IReadOnlyList<SegmentRef> _parts = [];
    private bool _hasPrefix;

    /// <summary>Bytes taken so far.</summary>
    public long Received { get; private set; }

    /// <summary>The manifest, once it is there; its references lead into the file.</summary>
    public Manifest? Manifest { get; private set; }

    /// <summary>Whether everything is there.</summary>
    public bool IsComplete => Manifest is not null && _next == _parts.Count;

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="CorruptDataException">They are not those of an intact savepoint.</exception>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Received += bytes.Length;
        while (bytes.Length > 0)
        {
            if (IsComplete)
                throw new CorruptDataException($"{bytes.Length} bytes follow the end of the savepoint");
            int count = Math.Min(bytes.Length, _filling.Length - _filled);
            bytes[..count].CopyTo(_filling.AsSpan(_filled));
            bytes = bytes[count..];
            _filled += count;
            if (_filled == _filling.Length)
                Complete();
        }
    }

    /// <summary>A part that is complete and intact.</summary>
    public bool TryTake([NotNullWhen(true)] out byte[]? bytes, out SegmentRef part)
    {
        bool any = _ready.TryDequeue(out (SegmentRef Part, byte[] Bytes) ready);
        (part, bytes) = ready;
        return any;
    }

    private void Complete()
    {
        if (!_hasPrefix)
        {
            Expect(SavepointFile.ReadPrefix(_filling));
            _hasPrefix = true;
            return;
        }

        if (Manifest is null)
        {
            var manifest = ManifestCodec.Decode(_filling);
            _parts = SavepointFile.PartsOf(manifest);
            Manifest = manifest;
        }
        else
        {
            Hand(_parts[_next++]);
        }

        // A part without bytes is complete before any byte of it comes.
        while (_next < _parts.Count && _parts[_next].Length == 0)
        {
            _filling = [];
            Hand(_parts[_next++]);
        }

        if (!IsComplete)
            Expect((int)_parts[_next].Length);
    }

    private void Hand(SegmentRef part)
    {
        if (Checksum.Of(_filling) != part.Checksum)
            throw new CorruptDataException($"the {part.Length} bytes at {part.Offset} do not match their checksum");
        _ready.Enqueue((part, _filling));
    }

    private void Expect(int length)
    {
        _filling = new byte[length];
        _filled = 0;
    }
}

namespace Weir.Grains.Exchange;

using Orleans.Runtime;
using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Protocol.Exchange;

/// <summary>
/// The slices of one channel that are on their way to another silo, as bytes. Invariant: they leave in order, and stay
/// here until they were taken there, so that whatever is lost on the way is sent again.
/// </summary>
/// <remarks>The stage adds; one of the lanes at a time, or whoever looks for the group, has the channel and takes.</remarks>
internal sealed class RemoteChannel(RemoteSender sender, GroupAddress address, SliceTarget target, long epoch)
{
    private readonly Lock _gate = new();
    private readonly Queue<(int Bytes, int Weight)> _slices = new();
    private ByteWriter _bytes = new();
    private int _start;
    private long _first = 1;
    private bool _isTaken;

    public GroupAddress Address => address;

    public int Channel => target.Channel;

    public long Epoch => epoch;

    public RemoteSender Sender => sender;

    /// <summary>Where the group was last, or null.</summary>
    public SiloAddress? Owner { get; set; }

    public bool HasAny
    {
        get
        {
            lock (_gate)
                return _slices.Count > 0;
        }
    }

    /// <summary>The weight of the slice that is next.</summary>
    public int NextWeight
    {
        get
        {
            lock (_gate)
                return _slices.TryPeek(out var next) ? next.Weight : 0;
        }
    }

    /// <summary>Adds a slice and releases it. True: nobody has the channel yet, so the caller has it from now on.</summary>
    public bool Add(Slice slice)
    {
        int bytes;
        int weight = slice.Weight;
        bool isFirst;
        lock (_gate)
        {
            if (_slices.Count == 0)
                _first = slice.Sequence;
            int before = _bytes.Length;
            int frame = _bytes.BeginFrame();
            slice.Encode(_bytes);
            _bytes.EndFrame(frame);
            bytes = _bytes.Length - before;
            _slices.Enqueue((bytes, weight));
            isFirst = !_isTaken;
            _isTaken = true;
        }

        sender.Take(weight, bytes);
        slice.Release();
        return isFirst;
    }

    /// <summary>Writes what waits into a frame, as much as there is room for, at least one slice; answers how many.
    /// </summary>
    public int Write(ByteWriter frame, int room)
    {
        lock (_gate)
        {
            int count = 0;
            int length = 0;
            foreach ((int bytes, _) in _slices)
            {
                if (count > 0 && length + bytes > room)
                    break;
                count++;
                length += bytes;
            }

            SliceFrame.Add(frame, target, (epoch, _first, count), _bytes.Written.Slice(_start, length));
            return count;
        }
    }

    /// <summary>The first slices were taken. True: there are more, and the caller still has the channel.</summary>
    public bool Taken(int count)
    {
        int bytes = 0;
        int weight = 0;
        bool hasMore;
        lock (_gate)
        {
            for (int i = 0; i < count; i++)
            {
                (int sliceBytes, int sliceWeight) = _slices.Dequeue();
                bytes += sliceBytes;
                weight += sliceWeight;
            }

            _first += count;
            Advance(bytes);
            hasMore = _isTaken = _slices.Count > 0;
        }

        if (count > 0)
            sender.Release(weight, bytes);
        return hasMore;
    }

    /// <summary>Drops everything: the epoch is over.</summary>
    public void Drop() => Taken(Count());

    private int Count()
    {
        lock (_gate)
            return _slices.Count;
    }

    // The bytes in front are given up when nothing is left, or when they are more than half.
    private void Advance(int bytes)
    {
        _start += bytes;
        if (_start < _bytes.Length && _start <= _bytes.Length / 2)
            return;
        ReadOnlySpan<byte> rest = _bytes.Written[_start..];
        if (rest.IsEmpty)
        {
            _bytes.Clear();
        }
        else
        {
            var moved = new ByteWriter(rest.Length);
            moved.WriteBytes(rest);
            _bytes = moved;
        }

        _start = 0;
    }
}

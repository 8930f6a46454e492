namespace Weir.Engine.Time;

using Weir.Engine.Codecs;

/// <summary>
/// Merges the watermarks of several channels into one. Invariant: the merged watermark never falls, and it is the
/// minimum over the channels that are active and aligned.
/// </summary>
/// <remarks>
/// Channels at 12, 10 and 15 give 10; when the one at 10 goes idle they give 12. A channel that comes back counts again
/// only once it has reached the merged watermark. When the last channel goes idle the maximum of all is given first.
/// Source: Flink's status watermark valve.
/// </remarks>
public sealed class WatermarkMerge
{
    private readonly Channel[] _channels;

    /// <summary>Merges channels that are all at the minimum.</summary>
    /// <param name="channels">How many, 1 or more.</param>
    /// <param name="idle">Whether they are idle at first and hold nobody back until they are set active.</param>
    public WatermarkMerge(int channels, bool idle = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        _channels = new Channel[channels];
        Array.Fill(_channels, new Channel(EventTime.MinValue, IsIdle: idle, IsAligned: !idle));
        IsIdle = idle;
    }

    /// <summary>Number of channels.</summary>
    public int Count => _channels.Length;

    /// <summary>The merged watermark.</summary>
    public EventTime Watermark { get; private set; } = EventTime.MinValue;

    /// <summary>Whether every channel is idle.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>Whether that channel is idle.</summary>
    public bool IsChannelIdle(int channel) => _channels[channel].IsIdle;

    /// <summary>Whether that channel counts towards the minimum.</summary>
    public bool IsChannelAligned(int channel) => _channels[channel].IsAligned;

    /// <summary>The last watermark of that channel.</summary>
    public EventTime ChannelWatermark(int channel) => _channels[channel].Watermark;

    /// <summary>
    /// A channel's watermark; ignored while it is idle and when it is not higher. True if the merged one rose.
    /// </summary>
    public bool Advance(int channel, EventTime watermark)
    {
        ref Channel at = ref _channels[channel];
        if (at.IsIdle || watermark <= at.Watermark)
            return false;
        at.Watermark = watermark;
        if (_channels.Length == 1)
        {
            Watermark = watermark;
            return true;
        }

        if (!at.IsAligned && watermark >= Watermark)
            at.IsAligned = true;
        return RaiseToMinimum();
    }

    /// <summary>
    /// A channel becomes idle or active. True if the merged watermark rose; see also <see cref="IsIdle"/>.
    /// </summary>
    public bool SetIdle(int channel, bool idle)
    {
        ref Channel at = ref _channels[channel];
        if (at.IsIdle == idle)
            return false;
        at.IsIdle = idle;
        if (!idle)
        {
            at.IsAligned = at.Watermark >= Watermark;
            IsIdle = false;
            return false;
        }

        bool wasAtMinimum = at.IsAligned && at.Watermark == Watermark;
        at.IsAligned = false;
        if (!Array.TrueForAll(_channels, each => each.IsIdle))
            return wasAtMinimum && RaiseToMinimum();
        IsIdle = true;
        return wasAtMinimum && Raise(_channels.Max(each => each.Watermark));
    }

    private bool RaiseToMinimum()
    {
        EventTime minimum = EventTime.MaxValue;
        bool any = false;
        foreach (ref readonly Channel channel in _channels.AsSpan())
        {
            if (!channel.IsAligned)
                continue;
            any = true;
            minimum = EventTime.Min(minimum, channel.Watermark);
        }

        return any && Raise(minimum);
    }

    private bool Raise(EventTime watermark)
    {
        if (watermark <= Watermark)
            return false;
        Watermark = watermark;
        return true;
    }

    internal void Write(ByteWriter writer)
    {
        writer.WriteVarint((ulong)_channels.Length);
        writer.WriteSigned(Watermark.Milliseconds);
        writer.WriteBool(IsIdle);
        foreach (Channel channel in _channels)
        {
            writer.WriteSigned(channel.Watermark.Milliseconds);
            writer.WriteBool(channel.IsIdle);
            writer.WriteBool(channel.IsAligned);
        }
    }

    internal void Read(ByteReader reader)
    {
        if (reader.ReadVarint() != (ulong)_channels.Length)
            throw new CorruptDataException(
                $"the stored time belongs to another number of channels than {_channels.Length}");
        Watermark = new EventTime(reader.ReadSigned());
        IsIdle = reader.ReadBool();
        for (int i = 0; i < _channels.Length; i++)
            _channels[i] = new Channel(new EventTime(reader.ReadSigned()), reader.ReadBool(), reader.ReadBool());
    }

    private record struct Channel(EventTime Watermark, bool IsIdle, bool IsAligned);
}

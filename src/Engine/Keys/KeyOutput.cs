namespace Weir.Engine.Keys;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Time;

/// <summary>
/// Gathers as bytes what an operator emits away from its stage, each event with its place: the step of the group's
/// input that it follows from and, for timers, when the timer was due.
/// </summary>
internal sealed class OutputCapture
{
    private readonly ByteWriter _bytes = new();
    private int _before;

    /// <summary>The event or step of time at hand, counted over the group's slice.</summary>
    public int Step { get; set; }

    /// <summary>The operator whose timers may be firing.</summary>
    public KeyedOperator? Operator { get; set; }

    /// <summary>From here on, what is added can be taken back.</summary>
    public void Begin() => _before = _bytes.Length;

    public void Undo() => _bytes.Truncate(_before);

    public ReadOnlyMemory<byte> Take()
    {
        byte[] bytes = _bytes.ToArray();
        _bytes.Clear();
        return bytes;
    }

    public void Add<T>(int node, Codec<T> codec, in T value, EventTime time)
    {
        _bytes.WriteVarint((ulong)Step);
        _bytes.WriteBool(Operator!.IsFiringByWatermark);
        _bytes.WriteSigned(Operator.Firing.Milliseconds);
        _bytes.WriteVarint((ulong)node);
        _bytes.WriteSigned(time.Milliseconds);
        int start = _bytes.BeginFrame();
        codec.Write(_bytes, in value);
        _bytes.EndFrame(start);
    }
}

/// <summary>Takes what one output of the operator emits into a capture.</summary>
internal sealed class CapturingReceiver<T>(int node, Codec<T> codec, OutputCapture capture) : Receiver<T>
{
    public override void OnEvent(in T value, EventTime time) => capture.Add(node, codec, in value, time);
}

/// <summary>Puts captured events of one output into the stage where they belong.</summary>
internal abstract class OutputReplay
{
    public abstract void Push(ReadOnlyMemory<byte> value, EventTime time);
}

internal sealed class OutputReplay<T>(Codec<T> codec, Receiver<T> receiver) : OutputReplay
{
    private readonly ByteReader _reader = new();

    public override void Push(ReadOnlyMemory<byte> value, EventTime time)
    {
        _reader.Reset(value);
        T decoded = codec.Read(_reader);
        if (_reader.Remaining > 0)
            throw new CorruptDataException($"{_reader.Remaining} bytes of a key's output were not understood");
        receiver.OnEvent(in decoded, time);
    }
}

/// <summary>
/// A captured event with its place. The order is that of one table with all keys: by step, then timers of the clock
/// before those of the watermark, by due time, then by age of the key.
/// </summary>
internal readonly record struct CapturedEvent(
    int Step, bool ByWatermark, EventTime Due, long Birth, int Node, EventTime Time, ReadOnlyMemory<byte> Value)
    : IComparable<CapturedEvent>
{
    public static void ReadAll(ReadOnlyMemory<byte> output, long birth, List<CapturedEvent> into)
    {
        var reader = new ByteReader(output);
        while (reader.Remaining > 0)
        {
            into.Add(new CapturedEvent(
                (int)Math.Min(reader.ReadVarint(), int.MaxValue),
                reader.ReadBool(),
                new EventTime(reader.ReadSigned()),
                birth,
                (int)Math.Min(reader.ReadVarint(), int.MaxValue),
                new EventTime(reader.ReadSigned()),
                reader.ReadBlob()));
        }
    }

    public int CompareTo(CapturedEvent other)
    {
        int order = Step.CompareTo(other.Step);
        if (order == 0)
            order = ByWatermark.CompareTo(other.ByWatermark);
        if (order == 0)
            order = Due.CompareTo(other.Due);
        return order == 0 ? Birth.CompareTo(other.Birth) : order;
    }
}

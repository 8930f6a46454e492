namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>The last value per row that a view shows, once no open window shows a newer one.</summary>
internal abstract class ViewColumn
{
    public static ViewColumn Create(View view, CodecRegistry codecs) => (ViewColumn)Activator.CreateInstance(
        typeof(ViewColumn<>).MakeGenericType(view.ValueType), codecs.For(view.ValueType))!;

    public abstract string Schema { get; }

    public abstract bool IsEmpty(int row);

    /// <summary>The window of the value; only if the row is not empty.</summary>
    public abstract TimeRange Window(int row);

    public abstract void Clear(int row);

    /// <summary>Reads ahead what rows hold, see <see cref="ReadAhead"/>.</summary>
    public abstract int Foresee(ReadOnlySpan<int> rows);

    public abstract ReadOnlyMemory<byte> Encode(int row);

    public abstract void Write(int row, ByteWriter writer);

    public abstract void Read(int row, ByteReader reader);
}

internal sealed class ViewColumn<T>(Codec<T> codec) : ViewColumn
{
    private const byte Nothing = 0;
    private const byte OfWindow = 1;
    private const byte OfAllTime = 2;
    private Entry[] _entries = new Entry[8];

    public override string Schema => codec.Schema;

    /// <summary>
    /// Keeps a value unless the row holds one of a later window. A session that grew backwards begins before what the
    /// row holds and covers it: [0, 10) replaces [5, 10).
    /// </summary>
    public void Set(int row, TimeRange window, T value)
    {
        if (row >= _entries.Length)
            Array.Resize(ref _entries, Math.Max(_entries.Length * 2, row + 1));
        ref Entry entry = ref _entries[row];
        if (entry.IsPresent && entry.Window.Start > window.Start && entry.Window.End > window.End)
            return;
        entry = new Entry(true, window, value);
    }

    public override bool IsEmpty(int row) => row >= _entries.Length || !_entries[row].IsPresent;

    public override void Clear(int row)
    {
        if (row < _entries.Length)
            _entries[row] = default;
    }

    public override int Foresee(ReadOnlySpan<int> rows) => ReadAhead.Read(_entries, rows);

    public override TimeRange Window(int row) => _entries[row].Window;

    public override ReadOnlyMemory<byte> Encode(int row) => Encode(_entries[row].Value);

    public ReadOnlyMemory<byte> Encode(T value)
    {
        var writer = new ByteWriter();
        codec.Write(writer, in value);
        return writer.WrittenMemory;
    }

    public override void Write(int row, ByteWriter writer)
    {
        if (IsEmpty(row))
        {
            writer.WriteByte(Nothing);
            return;
        }

        ref Entry entry = ref _entries[row];
        if (entry.Window.Start == EventTime.MinValue && entry.Window.End == EventTime.MaxValue)
        {
            writer.WriteByte(OfAllTime);
        }
        else
        {
            writer.WriteByte(OfWindow);
            writer.WriteSigned(entry.Window.Start.Milliseconds);
            writer.WriteSigned(entry.Window.End.Milliseconds);
        }

        codec.Write(writer, in entry.Value);
    }

    public override void Read(int row, ByteReader reader)
    {
        byte kind = reader.ReadByte();
        if (kind == Nothing)
            return;
        TimeRange window = kind switch
        {
            OfAllTime => TimeRange.All,
            OfWindow => new TimeRange(new EventTime(reader.ReadSigned()), new EventTime(reader.ReadSigned())),
            _ => throw new CorruptDataException($"a view holds a value of the unknown kind {kind}"),
        };
        Set(row, window, codec.Read(reader));
    }

    private struct Entry(bool isPresent, TimeRange window, T value)
    {
        public readonly bool IsPresent => isPresent;

        public readonly TimeRange Window => window;

        public T Value = value;
    }
}

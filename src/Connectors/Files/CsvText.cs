namespace Weir.Connectors.Files;

using System.Buffers;
using System.Text;
using Weir.Connectors.Rows;

/// <summary>A row per event and the names of the columns at the top.</summary>
internal sealed class CsvText<T> : IEventText<T>
{
    // Text is encoded in pieces of whole rows, so that a second of events is not held as text as well.
    private const int EncodeAt = 16 * 1024;
    private readonly RowShape<T> _shape = RowShape<T>.Create();

    public CsvText()
    {
        var header = new ArrayBufferWriter<char>();
        CsvRow.Append(header, [.. _shape.Columns.Select(column => column.Name)]);
        Header = Encoding.UTF8.GetBytes(header.WrittenSpan.ToArray());
    }

    public string Extension => ".csv";

    public ReadOnlyMemory<byte> Header { get; }

    public void Write(IReadOnlyList<T> events, IBufferWriter<byte> into)
    {
        var text = new ArrayBufferWriter<char>(2 * EncodeAt);
        object?[] row = new object?[_shape.Columns.Count];
        foreach (T value in events)
        {
            _shape.Fill(value, row);
            CsvRow.Append(text, row);
            if (text.WrittenCount >= EncodeAt)
                Encode(text, into);
        }

        Encode(text, into);
    }

    private static void Encode(ArrayBufferWriter<char> text, IBufferWriter<byte> into)
    {
        Encoding.UTF8.GetBytes(text.WrittenSpan, into);
        text.ResetWrittenCount();
    }
}

namespace Weir.Connectors.Files;

using System.Buffers;
using System.Text;
using Weir.Connectors.Rows;

/// <summary>A row per event and the names of the columns at the top.</summary>
internal sealed class CsvText<T> : IEventText<T>
{
    private readonly RowShape<T> _shape = RowShape<T>.Create();

    public CsvText()
    {
        var header = new StringBuilder();
        CsvRow.Append(header, [.. _shape.Columns.Select(column => column.Name)]);
        Header = Encoding.UTF8.GetBytes(header.ToString());
    }

    public string Extension => ".csv";

    public ReadOnlyMemory<byte> Header { get; }

    public void Write(IReadOnlyList<T> events, IBufferWriter<byte> into)
    {
        var text = new StringBuilder();
        object?[] row = new object?[_shape.Columns.Count];
        foreach (T value in events)
        {
            _shape.Fill(value, row);
            CsvRow.Append(text, row);
        }

        Encoding.UTF8.GetBytes(text.ToString(), into);
    }
}

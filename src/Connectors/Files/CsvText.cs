namespace Weir.Connectors.Files;

using System.Text;
using Weir.Connectors.Rows;

/// <summary>A row per event and the names of the columns at the top.</summary>
internal sealed class CsvText<T> : IEventText<T>
{
    private readonly Action<T, TextBuffer> _write;

    public CsvText()
    {
        RowShape<T> shape = RowShape<T>.Create();
        Header = Encoding.UTF8.GetBytes($"{string.Join(',', shape.Columns.Select(column => column.Name))}\n");
        _write = shape.Compile<TextBuffer>(CsvValues.WriterOf, CsvValues.Between);
    }

    public string Extension => ".csv";

    public ReadOnlyMemory<byte> Header { get; }

    public void Write(IEnumerable<T> events, TextBuffer into)
    {
        foreach (T value in events)
        {
            _write(value, into);
            into.Add((byte)'\n');
        }
    }
}

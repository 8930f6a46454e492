namespace Weir.Connectors.Files;

using System.Buffers;
using System.Text;
using Weir.Connectors.Rows;

/// <summary>A row per event and the names of the columns at the top.</summary>
internal sealed class CsvText<T> : IEventText<T>
{
    private readonly Action<T, IBufferWriter<byte>> _write;

    public CsvText()
    {
        RowShape<T> shape = RowShape<T>.Create();
        Header = Encoding.UTF8.GetBytes($"{string.Join(',', shape.Columns.Select(column => column.Name))}\n");
        _write = shape.Compile<IBufferWriter<byte>>(CsvValues.WriterOf, CsvValues.Between);
    }

    public string Extension => ".csv";

    public ReadOnlyMemory<byte> Header { get; }

    public void Write(IEnumerable<T> events, IBufferWriter<byte> into)
    {
        foreach (T value in events)
        {
            _write(value, into);
            into.Write("\n"u8);
        }
    }
}

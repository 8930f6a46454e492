namespace Weir.Connectors.Files;

using System.Text.Json;
using Weir.Connectors.Sinks;

/// <summary>
/// A JSON value per line: names in camel case, enums by name, times as ISO 8601 (<c>"none"</c> and <c>"end"</c> at the
/// limits).
/// </summary>
internal sealed class JsonLinesText<T> : IEventText<T>
{
    private static readonly JsonSerializerOptions Options = EventJson.Options;

    public string Extension => ".jsonl";

    public ReadOnlyMemory<byte> Header => default;

    public void Write(IEnumerable<T> events, TextBuffer into)
    {
        using var writer = new Utf8JsonWriter(into, new JsonWriterOptions { Encoder = Options.Encoder });
        foreach (T value in events)
        {
            JsonSerializer.Serialize(writer, value, Options);
            writer.Flush();
            into.Add((byte)'\n');
            writer.Reset();
        }
    }
}

namespace Weir.Connectors.Sinks;

using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Weir.Engine.Time;

/// <summary>How sinks write events as JSON: names in camel case, enums by name, times as ISO 8601 (<c>"none"</c> and
/// <c>"end"</c> at the limits).</summary>
internal static class EventJson
{
    public static JsonSerializerOptions Options { get; } = CreateOptions();

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            IncludeFields = true,
        };
        options.Converters.Add(new JsonStringEnumConverter());
        options.Converters.Add(new TimeText());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class TimeText : JsonConverter<EventTime>
    {
        public override EventTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A sink writes times and reads none.");

        public override void Write(Utf8JsonWriter writer, EventTime value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}

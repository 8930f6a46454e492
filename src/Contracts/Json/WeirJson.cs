namespace Weir.Contracts.Json;

using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Weir.Engine.Time;

/// <summary>
/// How events, keys and answers look as JSON: names in camel case, enums by name, times as ISO 8601 in UTC with
/// milliseconds (<c>"none"</c> and <c>"end"</c> at the limits; a number is read as milliseconds since 1970).
/// </summary>
public static class WeirJson
{
    /// <summary>The options; read-only.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web)
        {
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            IncludeFields = true,
        };
        options.Converters.Add(new JsonStringEnumConverter());
        options.Converters.Add(new EventTimeJson());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    private sealed class EventTimeJson : JsonConverter<EventTime>
    {
        public override EventTime Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long milliseconds))
                return new EventTime(milliseconds);
            string? text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            return text switch
            {
                "none" => EventTime.None,
                "end" => EventTime.MaxValue,
                not null when DateTimeOffset.TryParse(
                    text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) =>
                    EventTime.From(time),
                _ => throw new JsonException("A time must be ISO 8601 text or milliseconds since 1970."),
            };
        }

        public override void Write(Utf8JsonWriter writer, EventTime value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}

namespace Weir.Engine.Streams;

/// <summary>
/// Schemas of events that another system wrote: they name a format, and the type is that of whoever reads them. All other
/// schemas name a type and its version, as <see cref="Topic.Schema"/>.
/// </summary>
public static class EventSchema
{
    /// <summary>Each event is JSON of the topic's event type.</summary>
    public const string Json = "json";

    /// <summary>Each event is the bytes of the codec of the topic's event type.</summary>
    public const string Plain = "plain";

    /// <summary>Whether a schema names a format, not a type.</summary>
    public static bool IsFormat(string schema) => schema is Json or Plain;
}

namespace Weir.Engine.Streams;

using System.Globalization;

/// <summary>
/// A batch holds events of another type or version than the topic is declared with; the message says how to read it.
/// </summary>
public sealed class EventVersionException(Topic topic, string schema) : Exception(
    $"The topic '{topic?.Name}' holds events of {schema} here, and is declared with {topic?.Schema}: "
    + "declare it with that type, or say how to read the older version with Upgrading.")
{
    internal static int VersionOf(string schema)
    {
        int colon = schema.LastIndexOf(':');
        return int.TryParse(schema.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int version)
            ? version
            : 0;
    }
}

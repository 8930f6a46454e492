namespace Weir.Grains.Streams;

using System.Collections.Concurrent;
using System.Globalization;
using Weir.Contracts;
using Weir.Engine.Streams;

/// <summary>Compares the type that somebody subscribes to, or produces, with the type that a topic has.</summary>
internal static class TopicSchemas
{
    /// <summary>Refuses a type whose name is not the one in a schema such as <c>Click:1</c>.</summary>
    public static void Check<T>(string topic, string schema)
    {
        if (!EventSchema.IsFormat(schema) && !Names<T>.Known.GetOrAdd(schema, static text => IsOf<T>(text)))
            throw new WeirException(
                WeirError.InvalidRequest,
                $"Topic '{topic}' has events of {schema}, not of {typeof(T).Name}: use the event type of the topic.");
    }

    private static bool IsOf<T>(string schema)
    {
        int colon = schema.LastIndexOf(':');
        return colon > 0
            && int.TryParse(schema.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int version)
            && version >= 1
            && Topic.Of<T>("any", version).Schema == schema;
    }

    // A topic has one schema a version, so this stays small.
    private static class Names<T>
    {
        public static readonly ConcurrentDictionary<string, bool> Known = new(StringComparer.Ordinal);
    }
}

namespace Weir.Engine.Streams;

using System.Globalization;
using Weir.Engine.Codecs;

/// <summary>
/// Reads events of an older version of a topic's type and turns each into the present one.
/// </summary>
internal abstract class OlderEvents<T>(int version)
{
    public int Version => version;

    public abstract Type OldType { get; }

    public abstract Codec<T>? CodecFrom(CodecRegistry codecs);
}

internal sealed class OlderEvents<TOld, T>(int version, Func<TOld, T> upgrade) : OlderEvents<T>(version)
{
    public override Type OldType => typeof(TOld);

    public override Codec<T>? CodecFrom(CodecRegistry codecs) =>
        codecs.TryFind(typeof(TOld)) is Codec<TOld> old ? new UpgradingCodec(old, upgrade) : null;

    private sealed class UpgradingCodec(Codec<TOld> old, Func<TOld, T> upgrade) : Codec<T>
    {
        public override string Schema => old.Schema;

        public override void Write(ByteWriter writer, in T value) =>
            throw new NotSupportedException($"Events are written as {typeof(T).Name}, never as {typeof(TOld).Name}.");

        public override T Read(ByteReader reader) => upgrade(old.Read(reader));
    }
}

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

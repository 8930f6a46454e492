namespace Weir.Contracts.Json;

using System.Collections.Concurrent;
using System.Text.Json;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>Reads events of any type that another system wrote as JSON; see <see cref="WeirJson"/>.</summary>
public sealed class JsonEvents : ICodecProvider
{
    private readonly ConcurrentDictionary<Type, Codec> _codecs = new();

    /// <summary>None: events of Weir's own have codecs of their own.</summary>
    public Codec? Find(Type type) => null;

    /// <inheritdoc/>
    public Codec? FindFormat(string format, Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return format == EventSchema.Json
            ? _codecs.GetOrAdd(type, static of => (Codec)Activator.CreateInstance(typeof(JsonCodec<>).MakeGenericType(of))!)
            : null;
    }

    private sealed class JsonCodec<T> : Codec<T>
    {
        public override string Schema => EventSchema.Json;

        public override void Write(ByteWriter writer, in T value) =>
            writer.WriteBytes(JsonSerializer.SerializeToUtf8Bytes(value, WeirJson.Options));

        public override T Read(ByteReader reader)
        {
            ReadOnlySpan<byte> text = reader.ReadBytes(reader.Remaining);
            try
            {
                return JsonSerializer.Deserialize<T>(text, WeirJson.Options)
                    ?? throw new CorruptDataException($"the message is null and not a {typeof(T).Name}");
            }
            catch (Exception invalid) when (invalid is not CorruptDataException and not OutOfMemoryException)
            {
                // Not of the JSON only: the constructor of the event's type may refuse what it says.
                throw new CorruptDataException($"the message is no JSON of {typeof(T).Name}: {invalid.Message}", invalid);
            }
        }
    }
}

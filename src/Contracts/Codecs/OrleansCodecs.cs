namespace Weir.Contracts.Codecs;

using System.Reflection;
using Orleans.Serialization;
using Weir.Engine.Codecs;

/// <summary>
/// Types marked with <c>[GenerateSerializer]</c> are written by Orleans' own codec, by their stable ids: members can be
/// added, and what was stored before is still read.
/// </summary>
public sealed class OrleansCodecs(Serializer serializer) : ICodecProvider
{
    /// <inheritdoc/>
    public Codec? Find(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return type.GetCustomAttribute<GenerateSerializerAttribute>(inherit: false) is null
            ? null
            : (Codec)Activator.CreateInstance(typeof(OrleansCodec<>).MakeGenericType(type), serializer)!;
    }

    private sealed class OrleansCodec<T>(Serializer serializer) : Codec<T>
    {
        private readonly Serializer<T> _serializer = serializer.GetSerializer<T>();

        public override string Schema { get; } =
            $"orleans:{typeof(T).GetCustomAttribute<AliasAttribute>()?.Alias ?? typeof(T).FullName}";

        public override void Write(ByteWriter writer, in T value) => writer.WriteBlob(_serializer.SerializeToArray(value));

        public override T Read(ByteReader reader)
        {
            try
            {
                return _serializer.Deserialize(reader.ReadBlob())!;
            }
            catch (Exception fault) when (fault is not CorruptDataException)
            {
                throw new CorruptDataException($"the bytes of a {typeof(T).Name} can not be read: {fault.Message}", fault);
            }
        }
    }
}

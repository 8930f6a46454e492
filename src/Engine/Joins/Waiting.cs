namespace Weir.Engine.Joins;

using Weir.Engine.Codecs;

/// <summary>An event that waits for the watermark, with its place in the order of arrival at its key group.</summary>
internal readonly record struct Waiting<T>(T Value, long Order);

internal sealed class WaitingCodec<T>(Codec<T> codec) : Codec<Waiting<T>>
{
    public override string Schema => codec.Schema;

    public override void Write(ByteWriter writer, in Waiting<T> value)
    {
        writer.WriteSigned(value.Order);
        codec.Write(writer, value.Value);
    }

    public override Waiting<T> Read(ByteReader reader)
    {
        long order = reader.ReadSigned();
        return new Waiting<T>(codec.Read(reader), order);
    }
}

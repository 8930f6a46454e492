namespace Weir.Engine.Codecs;

/// <summary>Writes values of one type as bytes and reads them back. See <see cref="Codec{T}"/>.</summary>
public abstract class Codec
{
    private protected Codec()
    {
    }

    /// <summary>The type that it writes.</summary>
    public abstract Type Type { get; }

    /// <summary>
    /// What decides whether bytes written by one version can be read by another: the shape of the value in words, for
    /// example <c>Click(Page:string,At:time)</c>. Equal text means equal bytes.
    /// </summary>
    public abstract string Schema { get; }

    /// <summary>Writes a boxed value.</summary>
    public abstract void WriteObject(ByteWriter writer, object? value);

    /// <summary>Reads a boxed value.</summary>
    public abstract object? ReadObject(ByteReader reader);
}

/// <summary>
/// Writes values of type <typeparamref name="T"/> as bytes and reads them back. Values that can not be told apart give
/// equal bytes in every process, and <c>Read</c> of what <c>Write</c> wrote can not be told from the original.
/// Stateless and thread-safe.
/// </summary>
/// <remarks>
/// 1.0m and 1.00m compare as equal but print differently: they have different bytes. The order in which a
/// <see cref="HashSet{T}"/> or <see cref="Dictionary{TKey, TValue}"/> lists its items depends on its history; it is no
/// part of the value and is not kept.
/// </remarks>
/// <typeparam name="T">The type of the values.</typeparam>
public abstract class Codec<T> : Codec
{
    /// <inheritdoc/>
    public sealed override Type Type => typeof(T);

    /// <summary>Appends the bytes of a value.</summary>
    public abstract void Write(ByteWriter writer, in T value);

    /// <summary>Reads one value. Malformed bytes give a <see cref="CorruptDataException"/>.</summary>
    public abstract T Read(ByteReader reader);

    /// <summary>Reads values that lie one behind the other, each in a frame of its own.</summary>
    internal virtual void ReadFrames(ByteReader reader, Span<T> values)
    {
        foreach (ref T value in values)
        {
            int outer = reader.EnterFrame();
            value = Read(reader);
            if (reader.Remaining > 0)
                throw new CorruptDataException($"{reader.Remaining} bytes of the value were not understood");
            reader.LeaveFrame(outer);
        }
    }

    /// <inheritdoc/>
    public sealed override void WriteObject(ByteWriter writer, object? value) => Write(writer, (T)value!);

    /// <inheritdoc/>
    public sealed override object? ReadObject(ByteReader reader) => Read(reader);
}

/// <summary>Finds codecs for types that the engine does not know by itself.</summary>
public interface ICodecProvider
{
    /// <summary>A <see cref="Codec{T}"/> of the type, or null if this provider has none.</summary>
    Codec? Find(Type type);

    /// <summary>A <see cref="Codec{T}"/> of the type for values in a format of other systems, or null if this provider
    /// does not know that.</summary>
    /// <param name="format">One of <see cref="Streams.EventSchema"/>.</param>
    /// <param name="type">The type.</param>
    Codec? FindFormat(string format, Type type) => null;
}

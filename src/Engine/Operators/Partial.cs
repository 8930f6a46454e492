namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;

/// <summary>
/// What events of one key and the same windows add up to, on their way to the group of the key. It has the time and
/// offset of the first of them. Invariant: merging it there gives what the events would have given one by one.
/// </summary>
/// <param name="Key">The key.</param>
/// <param name="Hash">The hash by which the group finds it.</param>
/// <param name="Events">How many events it stands for, 1 or more.</param>
/// <param name="Accumulator">What they add up to.</param>
internal readonly record struct Partial<TKey, TAccumulator>(TKey Key, uint Hash, int Events, TAccumulator Accumulator);

/// <summary>
/// Writes partials; the hash follows from the key. Hashing keeps a buffer, so a codec is for one router or slice only.
/// </summary>
internal sealed class PartialCodec<TKey, TAccumulator>(
    Codec<TKey> key, Codec<TAccumulator> accumulator, Func<TKey, uint> hash) : Codec<Partial<TKey, TAccumulator>>
{
    public override string Schema => $"partial({key.Schema},{accumulator.Schema})";

    public override void Write(ByteWriter writer, in Partial<TKey, TAccumulator> value)
    {
        key.Write(writer, value.Key);
        writer.WriteVarint((ulong)value.Events);
        accumulator.Write(writer, value.Accumulator);
    }

    public override Partial<TKey, TAccumulator> Read(ByteReader reader)
    {
        TKey of = key.Read(reader) ?? throw new CorruptDataException("a partial of the slice has no key");
        ulong events = reader.ReadVarint();
        return events is > 0 and <= int.MaxValue
            ? new Partial<TKey, TAccumulator>(of, hash(of), (int)events, accumulator.Read(reader))
            : throw new CorruptDataException($"a partial of the slice stands for {events} events");
    }
}

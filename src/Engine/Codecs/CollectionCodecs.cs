namespace Weir.Engine.Codecs;

using System.Runtime.CompilerServices;

/// <summary>A value that may be absent: one flag, then the value.</summary>
internal sealed class NullableCodec<T>(Codec<T> inner) : Codec<T?>
    where T : struct
{
    public override string Schema => inner.Schema + "?";

    public override void Write(ByteWriter writer, in T? value)
    {
        writer.WriteBool(value.HasValue);
        if (value.HasValue)
            inner.Write(writer, value.Value);
    }

    public override T? Read(ByteReader reader) => reader.ReadBool() ? inner.Read(reader) : null;
}

/// <summary>Shared form of the collections: a count plus 1 (0 stands for null), then the items in order.</summary>
internal static class ItemCount
{
    public static void Write(ByteWriter writer, int? count) =>
        writer.WriteVarint(count is { } some ? (ulong)some + 1 : 0);

    public static int? Read(ByteReader reader)
    {
        ulong count = reader.ReadVarint();
        if (count == 0)
            return null;
        if (count - 1 > (ulong)reader.Remaining)
            throw new CorruptDataException($"{count - 1} items were announced and {reader.Remaining} bytes are left");
        return (int)(count - 1);
    }
}

/// <summary>
/// Room to begin with for items that were announced: items that take many bytes in memory and few, or one, in the input
/// must not let a wrong count ask for a multiple of the input. 1000 items of 128 bytes each are announced and 1280 bytes
/// are left: room for 26; what else really comes makes its own room.
/// </summary>
internal static class ItemRoom
{
    private const int Least = 16;

    public static int For<T>(int count, ByteReader reader) =>
        Math.Min(count, Least + (reader.Remaining / Unsafe.SizeOf<T>()));
}

/// <summary>An array.</summary>
internal sealed class ArrayCodec<T>(Codec<T> item) : Codec<T[]>
{
    public override string Schema => $"[{item.Schema}]";

    public override void Write(ByteWriter writer, in T[] value)
    {
        ItemCount.Write(writer, value?.Length);
        foreach (T each in value ?? [])
            item.Write(writer, each);
    }

    public override T[] Read(ByteReader reader)
    {
        if (ItemCount.Read(reader) is not { } count)
            return null!;
        var items = new T[ItemRoom.For<T>(count, reader)];
        for (int i = 0; i < count; i++)
        {
            if (i == items.Length)
                Array.Resize(ref items, Math.Min(count, items.Length * 2));
            items[i] = item.Read(reader);
        }

        return items;
    }
}

/// <summary>A list.</summary>
internal sealed class ListCodec<T>(Codec<T> item) : Codec<List<T>>
{
    public override string Schema => $"[{item.Schema}]";

    public override void Write(ByteWriter writer, in List<T> value)
    {
        ItemCount.Write(writer, value?.Count);
        foreach (T each in value ?? [])
            item.Write(writer, each);
    }

    public override List<T> Read(ByteReader reader)
    {
        if (ItemCount.Read(reader) is not { } count)
            return null!;
        var items = new List<T>(ItemRoom.For<T>(count, reader));
        for (int i = 0; i < count; i++)
            items.Add(item.Read(reader));
        return items;
    }
}

/// <summary>
/// A set, its items ordered by their bytes: the order inside a hash set depends on its history, the bytes must not.
/// </summary>
internal sealed class SetCodec<T>(Codec<T> item) : Codec<HashSet<T>>
{
    public override string Schema => $"{{{item.Schema}}}";

    public override void Write(ByteWriter writer, in HashSet<T> value)
    {
        ItemCount.Write(writer, value?.Count);
        if (value is not null)
            SortedParts.Write(writer, value, (part, each) => item.Write(part, each));
    }

    public override HashSet<T> Read(ByteReader reader)
    {
        if (ItemCount.Read(reader) is not { } count)
            return null!;
        var items = new HashSet<T>(ItemRoom.For<(long, T)>(count, reader));
        for (int i = 0; i < count; i++)
        {
            if (!items.Add(item.Read(reader)))
                throw new CorruptDataException("a set holds the same item twice");
        }

        return items;
    }
}

/// <summary>A dictionary, its entries ordered by their bytes, for the reason given at the set.</summary>
internal sealed class DictionaryCodec<TKey, TValue>(Codec<TKey> key, Codec<TValue> item)
    : Codec<Dictionary<TKey, TValue>>
    where TKey : notnull
{
    public override string Schema => $"{{{key.Schema}:{item.Schema}}}";

    public override void Write(ByteWriter writer, in Dictionary<TKey, TValue> value)
    {
        ItemCount.Write(writer, value?.Count);
        if (value is null)
            return;
        SortedParts.Write(writer, value, (part, entry) =>
        {
            key.Write(part, entry.Key);
            item.Write(part, entry.Value);
        });
    }

    public override Dictionary<TKey, TValue> Read(ByteReader reader)
    {
        if (ItemCount.Read(reader) is not { } count)
            return null!;
        var entries = new Dictionary<TKey, TValue>(ItemRoom.For<(long, TKey, TValue)>(count, reader));
        for (int i = 0; i < count; i++)
        {
            if (key.Read(reader) is not { } entry || !entries.TryAdd(entry, item.Read(reader)))
                throw new CorruptDataException("a dictionary holds the same key twice, or null");
        }

        return entries;
    }
}

/// <summary>Writes items in the order of their bytes, so that equal collections have equal bytes.</summary>
internal static class SortedParts
{
    public static void Write<T>(ByteWriter writer, IReadOnlyCollection<T> items, Action<ByteWriter, T> write)
    {
        var scratch = new ByteWriter();
        var parts = new List<byte[]>(items.Count);
        foreach (T item in items)
        {
            scratch.Clear();
            write(scratch, item);
            parts.Add(scratch.ToArray());
        }

        parts.Sort(static (left, right) => left.AsSpan().SequenceCompareTo(right));
        foreach (byte[] part in parts)
            writer.WriteBytes(part);
    }
}

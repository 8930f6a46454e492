namespace Weir.Engine.Streams;

using System.Runtime.CompilerServices;
using Weir.Engine.Codecs;

/// <summary>
/// Hashes keys the same way in every process and version; key groups and partitions follow from it. Changing it would
/// move every key, so its values are pinned by a test.
/// </summary>
public static class StableHash
{
    /// <summary>
    /// Mixes 64 bits so that every input bit reaches every output bit (the finalizer of MurmurHash3).
    /// </summary>
    public static ulong Mix(ulong value)
    {
        value ^= value >> 33;
        value *= 0xff51afd7ed558ccdUL;
        value ^= value >> 33;
        value *= 0xc4ceb9fe1a85ec53UL;
        return value ^ (value >> 33);
    }

    /// <summary>Hashes bytes: FNV-1a over them, then mixed.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 14695981039346656037UL;
        foreach (byte value in bytes)
            hash = (hash ^ value) * 1099511628211UL;
        return Mix(hash);
    }

    /// <summary>Hashes the UTF-16 code units of a string: FNV-1a over them, then mixed.</summary>
    public static ulong Of(ReadOnlySpan<char> text)
    {
        ulong hash = 14695981039346656037UL;
        foreach (char value in text)
            hash = (hash ^ value) * 1099511628211UL;
        return Mix(hash);
    }
}

/// <summary>
/// Hashes keys of one type: integers and strings directly, everything else through the bytes of its codec. It may keep
/// a buffer, so it is for one thread at a time.
/// </summary>
internal abstract class KeyHasher<TKey>
{
    public abstract uint Hash(TKey key);

    /// <summary>Hashes many keys.</summary>
    public virtual void Hash(ReadOnlySpan<TKey> keys, Span<uint> hashes)
    {
        for (int i = 0; i < keys.Length; i++)
            hashes[i] = Hash(keys[i]);
    }

    public static KeyHasher<TKey> For(Codec<TKey> codec)
    {
        if (typeof(TKey) == typeof(string))
            return (KeyHasher<TKey>)(object)new StringHasher();
        if (typeof(TKey) == typeof(long) || typeof(TKey) == typeof(int))
            return new IntegerHasher<TKey>();
        return new CodecHasher<TKey>(codec);
    }

    /// <summary>
    /// A hash for a table of one process that costs less than the stable one, or null if there is none. Its upper bits
    /// are the good ones.
    /// </summary>
    public static KeyHasher<TKey>? Quick() =>
        typeof(TKey) == typeof(long) || typeof(TKey) == typeof(int) ? new QuickHasher<TKey>() : null;

    private sealed class StringHasher : KeyHasher<string>
    {
        public override uint Hash(string key) => (uint)(StableHash.Of(key.AsSpan()) >> 32);
    }

    private sealed class IntegerHasher<T> : KeyHasher<T>
    {
        public override uint Hash(T key) => HashOf(key);

        [MethodImpl(MethodImplOptions.NoInlining)]
        public override void Hash(ReadOnlySpan<T> keys, Span<uint> hashes)
        {
            hashes = hashes[..keys.Length];
            for (int i = 0; i < keys.Length; i++)
                hashes[i] = HashOf(keys[i]);
        }

        private static uint HashOf(T key) => (uint)(StableHash.Mix(BitsOf(key)) >> 32);
    }

    // A product with the golden ratio spreads numbers that lie close together, and so do its upper bits alone.
    private sealed class QuickHasher<T> : KeyHasher<T>
    {
        public override uint Hash(T key) => HashOf(key);

        [MethodImpl(MethodImplOptions.NoInlining)]
        public override void Hash(ReadOnlySpan<T> keys, Span<uint> hashes)
        {
            hashes = hashes[..keys.Length];
            for (int i = 0; i < keys.Length; i++)
                hashes[i] = HashOf(keys[i]);
        }

        private static uint HashOf(T key)
        {
            ulong bits = BitsOf(key);
            return (uint)(((bits ^ (bits >> 32)) * 0x9E3779B97F4A7C15) >> 32);
        }
    }

    private static ulong BitsOf<T>(T key) =>
        (ulong)(typeof(T) == typeof(long) ? Unsafe.As<T, long>(ref key) : Unsafe.As<T, int>(ref key));

    private sealed class CodecHasher<T>(Codec<T> codec) : KeyHasher<T>
    {
        private readonly ByteWriter _bytes = new();

        public override uint Hash(T key)
        {
            _bytes.Clear();
            codec.Write(_bytes, in key);
            return (uint)(StableHash.Of(_bytes.Written) >> 32);
        }
    }
}

/// <summary>Hashes a part of a key, so that keys with the same part lie together.</summary>
internal sealed class PartHasher<TKey, TPart>(Func<TKey, TPart> part, KeyHasher<TPart> hasher) : KeyHasher<TKey>
{
    public override uint Hash(TKey key) => hasher.Hash(part(key));
}

/// <summary>Where a hash belongs: groups of state, partitions of topics.</summary>
public static class KeyGroups
{
    /// <summary>Number of key groups unless a job says otherwise; topics with a key always use this number.</summary>
    public const int Default = 64;

    /// <summary>The key group of a hash, <c>hash mod groups</c>.</summary>
    public static int GroupOf(uint hash, int groups) => (int)(hash % (uint)groups);

    /// <summary>The key group of a key that no other key decides for; see <see cref="EventKey{TKey, T}.Refine"/>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="codec">Its codec, the same as the job's.</param>
    /// <param name="groups">How many groups the job has, 1 or more.</param>
    public static int Of<TKey>(TKey key, Codec<TKey> codec, int groups) =>
        GroupOf(KeyHasher<TKey>.For(codec).Hash(key), groups);

    /// <summary>The partition of a key group, <c>group mod partitions</c>.</summary>
    public static int PartitionOf(int group, int partitions) => group % partitions;
}

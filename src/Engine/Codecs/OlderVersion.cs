namespace Weir.Engine.Codecs;

/// <summary>Reads values of an older version of a type and turns each into the present one.</summary>
internal abstract class OlderVersion<T>(int version)
{
    public int Version => version;

    public abstract Type OldType { get; }

    /// <summary>Reads the old bytes as present values; null if the old type has no codec.</summary>
    public abstract Codec<T>? CodecFrom(CodecRegistry codecs);
}

internal sealed class OlderVersion<TOld, T>(int version, Func<TOld, T> upgrade) : OlderVersion<T>(version)
{
    public override Type OldType => typeof(TOld);

    public override Codec<T>? CodecFrom(CodecRegistry codecs) =>
        codecs.TryFind(typeof(TOld)) is Codec<TOld> old ? new UpgradingCodec(old, upgrade) : null;

    private sealed class UpgradingCodec(Codec<TOld> old, Func<TOld, T> upgrade) : Codec<T>
    {
        public override string Schema => old.Schema;

        public override void Write(ByteWriter writer, in T value) =>
            throw new NotSupportedException($"A {typeof(T).Name} is never written as the older {typeof(TOld).Name}.");

        public override T Read(ByteReader reader) => upgrade(old.Read(reader));
    }
}

/// <summary>The older versions that a topic or a state can read.</summary>
internal static class OlderVersions
{
    /// <summary>These and one more, which replaces one of the same number.</summary>
    public static IReadOnlyList<OlderVersion<T>> And<TOld, T>(
        this IReadOnlyList<OlderVersion<T>> known, int version, Func<TOld, T> upgrade)
    {
        ArgumentNullException.ThrowIfNull(upgrade);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        return [.. known.Where(each => each.Version != version), new OlderVersion<TOld, T>(version, upgrade)];
    }

    /// <summary>The version that is written: one above the newest that is upgraded, so 1 without any.</summary>
    public static int Present<T>(this IReadOnlyList<OlderVersion<T>> known) =>
        known.Select(each => each.Version).DefaultIfEmpty().Max() + 1;
}

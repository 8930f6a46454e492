namespace Weir.Engine.State;

using System.Text;
using Weir.Engine.Codecs;

/// <summary>What the elements of a column look like as bytes, without naming their type.</summary>
internal interface IElementCodec
{
    /// <summary>The shape that is written.</summary>
    string Schema { get; }

    /// <summary>The version that is written.</summary>
    int Version { get; }

    /// <summary>Goes on to read elements as they were stored; false if there is no way to.</summary>
    bool TryReadAs(string schema, int version);
}

/// <summary>
/// The codec of a column's elements: the value, an item, the value of a map's entry, an accumulator. It writes the
/// present version and reads the one that the segment at hand holds.
/// </summary>
internal sealed class ElementCodec<T> : IElementCodec
{
    private readonly CodecRegistry _codecs;
    private readonly IReadOnlyList<OlderVersion<T>> _older;
    private readonly Codec<T> _present;
    private Codec<T> _stored;

    public ElementCodec(CodecRegistry codecs, IReadOnlyList<OlderVersion<T>> older)
    {
        _codecs = codecs;
        _older = older;
        _present = codecs.For<T>();
        _stored = _present;
        Version = older.Present();
    }

    public string Schema => _present.Schema;

    public int Version { get; }

    // An older version is upgraded even if its shape is the present one: its meaning may be another. A newer version
    // of the present shape comes from a job that had upgrades which are not needed any more.
    public bool TryReadAs(string schema, int version)
    {
        Codec<T>? codec = null;
        if (_older.FirstOrDefault(each => each.Version == version) is { } older)
            codec = older.CodecFrom(_codecs) is { } old && HaveOneShape(old.Schema, schema) ? old : null;
        else if (version >= Version && schema == Schema)
            codec = _present;
        if (codec is null)
            return false;
        _stored = codec;
        return true;
    }

    public void Write(ByteWriter writer, in T value) => _present.Write(writer, in value);

    public T Read(ByteReader reader) => _stored.Read(reader);

    // The old type has another name than when it was written, so names of types are left out: "Account(Owner:string)"
    // and "AccountV1(Owner:string)" are both "(Owner:string)". Where a schema is a name alone, as "kind:Account" of
    // somebody's own codec, there is nothing to compare.
    private static bool HaveOneShape(string left, string right) =>
        ShapeOf(left) == ShapeOf(right) || (IsNameAlone(left) && IsNameAlone(right));

    private static bool IsNameAlone(string schema) => schema.Contains(':') && schema.IndexOfAny(['(', '<']) < 0;

    private static string ShapeOf(string schema)
    {
        var shape = new StringBuilder();
        foreach (char letter in schema)
        {
            while (letter is '(' or '<' && shape.Length > 0 && IsOfName(shape[^1]))
                shape.Length--;
            shape.Append(letter);
        }

        return shape.ToString();
    }

    private static bool IsOfName(char letter) => char.IsLetterOrDigit(letter) || letter is '_' or '`';
}

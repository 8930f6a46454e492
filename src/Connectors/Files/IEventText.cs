namespace Weir.Connectors.Files;

/// <summary>How events look in a file. Stateless and thread-safe.</summary>
internal interface IEventText<T>
{
    /// <summary>The extension of finished files, as <c>.csv</c>.</summary>
    string Extension { get; }

    /// <summary>What every finished file begins with.</summary>
    ReadOnlyMemory<byte> Header { get; }

    /// <summary>Appends events, each of them whole lines.</summary>
    void Write(IEnumerable<T> events, TextBuffer into);
}

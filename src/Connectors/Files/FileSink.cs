namespace Weir.Connectors.Files;

using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Protocol.Sinks;

/// <summary>Makes sinks that write files into a folder.</summary>
public static class FileSink
{
    /// <summary>
    /// A sink of comma-separated values in UTF-8: a row per event, the names of the columns at the top, the extension
    /// <c>.csv</c>. Columns are the members of the event in their order, in snake case; a member with members of its own
    /// gives a column for each of those (<c>window_start</c>). Numbers are in the invariant culture, times ISO 8601.
    /// </summary>
    /// <param name="name">See <see cref="Sink.Name"/>.</param>
    /// <param name="directory">Where finished files appear; made if it is missing.</param>
    /// <param name="options">When files are finished.</param>
    /// <exception cref="ArgumentException">The events can not be rows: a member is a list, say.</exception>
    public static FileSink<T> Csv<T>(string name, string directory, FileSinkOptions? options = null) =>
        new(name, directory, new CsvText<T>(), options);

    /// <summary>
    /// A sink of JSON, an event per line in UTF-8, with the extension <c>.jsonl</c>. Names are in camel case, enums by
    /// name, times ISO 8601.
    /// </summary>
    /// <param name="name">See <see cref="Sink.Name"/>.</param>
    /// <param name="directory">Where finished files appear; made if it is missing.</param>
    /// <param name="options">When files are finished.</param>
    public static FileSink<T> JsonLines<T>(string name, string directory, FileSinkOptions? options = null) =>
        new(name, directory, new JsonLinesText<T>(), options);
}

/// <summary>
/// A sink that writes files, each event once whatever fails. A file appears in the folder under its own name when it is
/// finished, and is never changed or written again; it may be read, moved or removed. What is not finished lies in the
/// folder <c>.weir</c> inside, which must stay on the same file system.
/// </summary>
/// <remarks>
/// Every instance of a stage writes files of its own, <c>sink+job+lineage+stage+instance+number.csv</c>; those of one
/// instance, in the order of their numbers, are its output in order. See <see cref="FileLane{T}"/> for how.
/// </remarks>
/// <typeparam name="T">The type of its events.</typeparam>
public sealed class FileSink<T> : Sink<T>, ISinkConnector
{
    private readonly string _directory;
    private readonly IEventText<T> _text;
    private readonly FileSinkOptions _options;

    internal FileSink(string name, string directory, IEventText<T> text, FileSinkOptions? options)
        : base(name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        _options = options ?? new FileSinkOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.RollBytes, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_options.RollAge, TimeSpan.Zero, nameof(options));
        _directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        _text = text;
    }

    /// <inheritdoc/>
    public ISinkLane OpenLane(SinkProducer producer, CodecRegistry codecs)
    {
        ArgumentNullException.ThrowIfNull(producer);
        ArgumentNullException.ThrowIfNull(codecs);
        var folder = new LaneFolder(_options.Disk, _directory, LaneFolder.NameOf(Name, producer), _text.Extension);
        return new FileLane<T>(folder, producer.Epoch, codecs.For<T>(), (_text, _options));
    }
}

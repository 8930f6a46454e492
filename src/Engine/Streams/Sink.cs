namespace Weir.Engine.Streams;

/// <summary>
/// Where results leave for another system: files, a database. A connector derives its sinks from
/// <see cref="Sink{T}"/>; the job only names them.
/// </summary>
public abstract class Sink
{
    private protected Sink(string name) => Name = Names.Check(name, "sink");

    /// <summary>
    /// Identifies the sink in its job, and with it how much of the output it has stored: unique, and stable.
    /// 1 to 200 characters: lower-case letters, digits, '.', '_' and '-'.
    /// </summary>
    public string Name { get; }

    /// <summary>What <see cref="Operators.OutputBatch.Target"/> is for it: <c>sink</c>, a space and the name. No topic
    /// has such a name.</summary>
    public string Target => $"sink {Name}";

    /// <summary>The type of its events.</summary>
    public abstract Type EventType { get; }
}

/// <summary>A sink for events of type <typeparamref name="T"/>.</summary>
/// <typeparam name="T">The type of its events.</typeparam>
public abstract class Sink<T> : Sink
{
    /// <summary>Names the sink.</summary>
    /// <param name="name">See <see cref="Sink.Name"/>.</param>
    /// <exception cref="ArgumentException">The name has other characters or the wrong length.</exception>
    protected Sink(string name)
        : base(name)
    {
    }

    /// <inheritdoc/>
    public sealed override Type EventType => typeof(T);
}

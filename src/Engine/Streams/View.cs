namespace Weir.Engine.Streams;

/// <summary>
/// A named, typed, queryable part of an operator's state: one value per key, readable while the job runs. A key that
/// has had a value keeps its last one for the life of the state.
/// </summary>
public abstract class View
{
    private protected View(string name) => Name = Names.Check(name, "view");

    /// <summary>1 to 200 characters: lower-case letters, digits, '.', '_' and '-'; unique in a job.</summary>
    public string Name { get; }

    /// <summary>The type of the keys.</summary>
    public abstract Type KeyType { get; }

    /// <summary>The type of the values.</summary>
    public abstract Type ValueType { get; }
}

/// <summary>A view of one value of type <typeparamref name="TValue"/> per key.</summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="name">See <see cref="View.Name"/>.</param>
public sealed class View<TKey, TValue>(string name) : View(name)
    where TKey : notnull
{
    /// <inheritdoc/>
    public override Type KeyType => typeof(TKey);

    /// <inheritdoc/>
    public override Type ValueType => typeof(TValue);
}

/// <summary>A further output of an operator, beside its results. A static field of the job or the function.</summary>
/// <typeparam name="T">The type of what is emitted.</typeparam>
/// <param name="name">Unique within the operator.</param>
public sealed class SideOutput<T>(string name)
{
    /// <summary>1 to 200 characters: lower-case letters, digits, '.', '_' and '-'.</summary>
    public string Name { get; } = Names.Check(name, "side output");
}

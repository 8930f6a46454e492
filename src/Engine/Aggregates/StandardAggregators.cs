namespace Weir.Engine.Aggregates;

using System.Numerics;

/// <summary>Counts events.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
public sealed class Count<T> : IAggregator<T, long, long>
{
    /// <inheritdoc/>
    public bool MergesExactly => true;

    /// <inheritdoc/>
    public long Create() => 0;

    /// <inheritdoc/>
    public void Add(ref long accumulator, in T value) => accumulator++;

    /// <inheritdoc/>
    public void Merge(ref long into, in long from) => into += from;

    /// <inheritdoc/>
    public long Result(in long accumulator) => accumulator;
}

/// <summary>Adds up a number of each event; an overflow is an <see cref="OverflowException"/>.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
/// <typeparam name="TNumber">The type of the number.</typeparam>
/// <param name="of">The number of an event.</param>
public sealed class Sum<T, TNumber>(Func<T, TNumber> of) : IAggregator<T, TNumber, TNumber>
    where TNumber : INumber<TNumber>
{
    /// <summary>True for the whole numbers of the runtime.</summary>
    public bool MergesExactly { get; } = default(TNumber) is sbyte or byte or short or ushort or int or uint or long or ulong
        or nint or nuint or Int128 or UInt128 or BigInteger;

    /// <inheritdoc/>
    public TNumber Create() => TNumber.Zero;

    /// <inheritdoc/>
    public void Add(ref TNumber accumulator, in T value) => accumulator = checked(accumulator + of(value));

    /// <inheritdoc/>
    public void Merge(ref TNumber into, in TNumber from) => into = checked(into + from);

    /// <inheritdoc/>
    public TNumber Result(in TNumber accumulator) => accumulator;
}

/// <summary>The mean of a number of each event, as a sum and a count.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
/// <param name="of">The number of an event.</param>
public sealed class Average<T>(Func<T, double> of) : IAggregator<T, (double Sum, long Count), double>
{
    /// <inheritdoc/>
    public (double Sum, long Count) Create() => (0, 0);

    /// <inheritdoc/>
    public void Add(ref (double Sum, long Count) accumulator, in T value)
    {
        accumulator.Sum += of(value);
        accumulator.Count++;
    }

    /// <inheritdoc/>
    public void Merge(ref (double Sum, long Count) into, in (double Sum, long Count) from)
    {
        into.Sum += from.Sum;
        into.Count += from.Count;
    }

    /// <inheritdoc/>
    public double Result(in (double Sum, long Count) accumulator) =>
        accumulator.Count == 0 ? double.NaN : accumulator.Sum / accumulator.Count;
}

/// <summary>The least value of each event's number; the default of the type without events.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
/// <typeparam name="TNumber">The type of the number.</typeparam>
/// <param name="of">The number of an event.</param>
public sealed class Minimum<T, TNumber>(Func<T, TNumber> of) : IAggregator<T, (bool Any, TNumber Value), TNumber>
    where TNumber : IComparable<TNumber>
{
    /// <inheritdoc/>
    public bool MergesExactly => true;

    /// <inheritdoc/>
    public (bool Any, TNumber Value) Create() => default;

    /// <inheritdoc/>
    public void Add(ref (bool Any, TNumber Value) accumulator, in T value) => Take(ref accumulator, of(value));

    /// <inheritdoc/>
    public void Merge(ref (bool Any, TNumber Value) into, in (bool Any, TNumber Value) from)
    {
        if (from.Any)
            Take(ref into, from.Value);
    }

    /// <inheritdoc/>
    public TNumber Result(in (bool Any, TNumber Value) accumulator) => accumulator.Value;

    private static void Take(ref (bool Any, TNumber Value) accumulator, TNumber value)
    {
        if (!accumulator.Any || value.CompareTo(accumulator.Value) < 0)
            accumulator = (true, value);
    }
}

/// <summary>The greatest value of each event's number; the default of the type without events.</summary>
/// <typeparam name="T">The type of the events.</typeparam>
/// <typeparam name="TNumber">The type of the number.</typeparam>
/// <param name="of">The number of an event.</param>
public sealed class Maximum<T, TNumber>(Func<T, TNumber> of) : IAggregator<T, (bool Any, TNumber Value), TNumber>
    where TNumber : IComparable<TNumber>
{
    /// <inheritdoc/>
    public bool MergesExactly => true;

    /// <inheritdoc/>
    public (bool Any, TNumber Value) Create() => default;

    /// <inheritdoc/>
    public void Add(ref (bool Any, TNumber Value) accumulator, in T value) => Take(ref accumulator, of(value));

    /// <inheritdoc/>
    public void Merge(ref (bool Any, TNumber Value) into, in (bool Any, TNumber Value) from)
    {
        if (from.Any)
            Take(ref into, from.Value);
    }

    /// <inheritdoc/>
    public TNumber Result(in (bool Any, TNumber Value) accumulator) => accumulator.Value;

    private static void Take(ref (bool Any, TNumber Value) accumulator, TNumber value)
    {
        if (!accumulator.Any || value.CompareTo(accumulator.Value) > 0)
            accumulator = (true, value);
    }
}

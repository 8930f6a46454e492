namespace Weir.Engine.Streams;

using Weir.Engine.Time;

/// <summary>The result of one window of one key.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
/// <typeparam name="TValue">The type of the result.</typeparam>
/// <param name="Key">The key.</param>
/// <param name="Window">The window; the result's timestamp is its <see cref="TimeRange.MaxTimestamp"/>.</param>
/// <param name="Value">The result. A later one of the same key and window replaces it.</param>
public sealed record Windowed<TKey, TValue>(TKey Key, TimeRange Window, TValue Value);

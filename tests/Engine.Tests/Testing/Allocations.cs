namespace Weir.Engine.Tests.Testing;

/// <summary>What work allocates each time it is done.</summary>
internal static class Allocations
{
    private const int Parts = 5;

    /// <summary>
    /// Bytes that the cheapest of five equal parts of the items allocates: the runtime allocates once, at a moment
    /// of its own choice (5,680 bytes were seen in one part of the five), and work that allocates does it in each.
    /// </summary>
    public static long OfAPart<T>(ReadOnlySpan<T> items, Action<T> apply)
    {
        Assert.Equal(0, items.Length % Parts);
        int size = items.Length / Parts;
        long least = long.MaxValue;
        for (int part = 0; part < Parts; part++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (T item in items.Slice(part * size, size))
                apply(item);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    /// <summary>The same as a share of all the <paramref name="count"/> events that the items carry.</summary>
    public static double PerEvent<T>(ReadOnlySpan<T> items, int count, Action<T> apply) =>
        OfAPart(items, apply) * Parts / (double)count;
}

namespace Weir.Engine.State;

using System.Runtime.CompilerServices;

/// <summary>
/// Reads places that lie far apart before any of them is needed. Rule: reads of one loop do not depend on each other, so
/// the processor waits for all of them at once; what is applied afterwards, one by one, finds them in its cache.
/// </summary>
/// <remarks>
/// An event of one of a million keys needs six places, each of which tells where the next one is: at 80 ns each, 32 events
/// one after the other wait for 15 us, and place by place for all 32 of them a good tenth of that.
/// </remarks>
internal static class ReadAhead
{
    /// <summary>How many events are looked at together.</summary>
    public const int Width = 32;

    /// <summary>With fewer keys in a group than these, what they own is near anyway.</summary>
    public const int FewestKeys = 512;

    /// <summary>Reads the first byte of some items; places outside of the array, as -1, are left out.</summary>
    /// <returns>Of no meaning: that it is made of what was read keeps the reads.</returns>
    public static int Read<T>(T[] items, ReadOnlySpan<int> places)
    {
        int read = 0;
        foreach (int place in places)
        {
            if ((uint)place < (uint)items.Length)
                read ^= Unsafe.As<T, byte>(ref items[place]);
        }

        return read;
    }
}

namespace Weir.Engine.Operators;

using System.Buffers;

/// <summary>
/// Where slices have their arrays from. Invariant: what is kept for later is bounded, whatever was in use at once.
/// </summary>
/// <remarks>
/// A sender fills slices for all key groups before their receivers give the first of them back, often on other threads:
/// some hundred arrays of one length are on their way at once. The shared pool keeps 32 of a length for each core and
/// would allocate the others anew, time and again: 30 bytes an event at 64 groups and 4 partitions.
/// </remarks>
internal static class SliceBuffers<T>
{
    private const int LongestKept = 4096;
    private const int KeptOfALength = 512;

    public static ArrayPool<T> Pool { get; } = ArrayPool<T>.Create(LongestKept, KeptOfALength);
}

namespace Weir.Benchmarks.Service.Measuring;

/// <summary>What came out is not what must come out, so that no figure of it means anything.</summary>
internal sealed class WrongResultException(string message) : Exception(message)
{
    /// <exception cref="WrongResultException">The two differ.</exception>
    public static void ThrowUnlessEqual(long expected, long actual, string what)
    {
        if (actual != expected)
            throw new WrongResultException($"{what}: {actual} in place of {expected}.");
    }
}

namespace Weir.Connectors.PostgreSql;

/// <summary>
/// Cuts the parts of a file into rows of one size, whatever the sizes of the parts. Example: parts of 3 and 4 bytes in
/// rows of 5 are a row of the 3 and 2 bytes, and one of the other 2.
/// </summary>
internal static class RowCuts
{
    /// <summary>The rows; each is valid until the next is asked for.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Of(IReadOnlyList<ReadOnlyMemory<byte>> parts, int rowBytes)
    {
        byte[]? row = null;
        int filled = 0;
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            ReadOnlyMemory<byte> rest = part;
            while (!rest.IsEmpty)
            {
                if (filled == 0 && rest.Length >= rowBytes)
                {
                    yield return rest[..rowBytes];
                    rest = rest[rowBytes..];
                    continue;
                }

                row ??= new byte[rowBytes];
                int taken = Math.Min(rowBytes - filled, rest.Length);
                rest[..taken].CopyTo(row.AsMemory(filled));
                rest = rest[taken..];
                filled += taken;
                if (filled < rowBytes)
                    continue;
                yield return row;
                filled = 0;
            }
        }

        if (filled > 0)
            yield return row.AsMemory(0, filled);
    }
}

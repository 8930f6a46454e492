namespace Weir.Samples.Flights;

using System.Buffers;

/// <summary>
/// The code of an airport in 4 bytes: three letters by IATA; four, or with digits, are in use as well. It is copied as
/// it is into snapshots, and people see it as text.
/// </summary>
/// <param name="Letters">8 bits a letter, the last one lowest.</param>
public readonly record struct AirportCode(int Letters)
{
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    /// <summary>Whether a text is 3 or 4 capital letters or digits.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length is 3 or 4 && !text.ContainsAnyExcept(Allowed);

    /// <summary>The code that a text stands for.</summary>
    /// <exception cref="ArgumentException">It is not a code.</exception>
    public static AirportCode Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!IsValid(text))
            throw new ArgumentException($"'{text}' is not the code of an airport: 3 or 4 capital letters or digits.");
        int letters = 0;
        foreach (char letter in text)
            letters = (letters << 8) | letter;
        return new AirportCode(letters);
    }

    /// <summary>The code as text.</summary>
    public override string ToString()
    {
        Span<char> text = [(char)(Letters >> 24), (char)((Letters >> 16) & 255), (char)((Letters >> 8) & 255),
            (char)(Letters & 255)];
        return text.TrimStart('\0').ToString();
    }
}

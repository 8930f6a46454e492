namespace Weir.Protocol.Checkpoints;

/// <summary>
/// The rule for names of stored files: 1 to 400 characters in segments of 1 to 200 lower-case letters, digits, '.', '_'
/// and '-' with '/' between them. A segment never begins with '.', so that no name leads out of a folder or hides in it.
/// </summary>
public static class StoredName
{
    private const int MaxLength = 400;
    private const int MaxSegment = 200;

    private const string Rule = "use segments of 1 to 200 lower-case letters, digits, '.', '_' and '-' that do not begin "
        + "with '.', with '/' between them, 400 characters in all";

    /// <summary>Whether a file may have the name.</summary>
    public static bool IsValid(string? name) =>
        name is { Length: >= 1 and <= MaxLength } && name.Split('/').All(IsSegment);

    /// <summary>Refuses a name that is not valid.</summary>
    /// <exception cref="CheckpointStoreException">Invalid.</exception>
    public static void Check(string? name)
    {
        if (!IsValid(name))
            throw Refused($"'{name}' can not name a stored file: {Rule}.");
    }

    /// <summary>Refuses what can not be the beginning of a name.</summary>
    /// <exception cref="CheckpointStoreException">Invalid.</exception>
    public static void CheckPrefix(string? prefix)
    {
        if (prefix is null || !(prefix.Length == 0 || IsValid(prefix.EndsWith('/') ? prefix[..^1] : prefix)))
            throw Refused($"No name of a stored file begins with '{prefix}': {Rule}.");
    }

    private static bool IsSegment(string segment) =>
        segment is { Length: >= 1 and <= MaxSegment } && segment[0] != '.' && segment.All(IsAllowed);

    private static bool IsAllowed(char letter) =>
        char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '_' or '-';

    private static CheckpointStoreException Refused(string message) => new(CheckpointStoreError.Invalid, message);
}

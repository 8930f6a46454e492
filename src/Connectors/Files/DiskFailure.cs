namespace Weir.Connectors.Files;

/// <summary>What a failure of the file system means. .NET gives the system's own number in the exception.</summary>
internal static class DiskFailure
{
    private const int UnixExists = 17;
    private const int UnixFull = 28;
    private const int LinuxQuota = 122;
    private const int WindowsExists = unchecked((int)0x80070050);
    private const int WindowsHandleFull = unchecked((int)0x80070027);
    private const int WindowsFull = unchecked((int)0x80070070);

    /// <summary>Whether an exception is a failure of the file system at all.</summary>
    public static bool Is(Exception failure) => failure is IOException or UnauthorizedAccessException;

    public static bool IsExists(Exception failure) =>
        failure is IOException { HResult: UnixExists or WindowsExists };

    public static bool IsFull(Exception failure) =>
        failure is IOException { HResult: UnixFull or LinuxQuota or WindowsHandleFull or WindowsFull };
}

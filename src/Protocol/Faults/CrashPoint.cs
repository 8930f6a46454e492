namespace Weir.Protocol.Faults;

using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

/// <summary>
/// A place where the process can be made to die, so that tests can prove that every place is survived. Unless the
/// environment of the process names a label, passing costs a test of a constant.
/// </summary>
/// <remarks>
/// <para><c>WEIR_CRASH_AT=manifest.before-write</c> ends the process with SIGKILL where that label is passed first,
/// <c>WEIR_CRASH_AT=manifest.before-write:3</c> at the third passing. The kill is that of the system: nothing is
/// flushed, no handler runs. Just before it the label is appended to the file named by <c>WEIR_CRASH_LOG</c>, if
/// any, so that whoever set the trap knows that it was this one.</para>
/// <para>In a process without the variable nothing here ever does anything.</para>
/// </remarks>
public static class CrashPoint
{
    /// <summary>The variable that names a label, with <c>:n</c> for its n-th passing.</summary>
    public const string AtVariable = "WEIR_CRASH_AT";

    /// <summary>The variable that names the file in which the label is noted before the kill.</summary>
    public const string LogVariable = "WEIR_CRASH_LOG";

    private static readonly string? Trap = Environment.GetEnvironmentVariable(AtVariable);
    private static readonly bool IsSet = !string.IsNullOrEmpty(Trap);
    private static readonly (string Label, int Passing) Target = Parse(Trap);
    private static int _passed;

    /// <summary>Says that a place has been reached.</summary>
    /// <param name="label">One of <see cref="CrashLabels"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Pass(string label)
    {
        if (IsSet)
            Reach(label);
    }

    /// <summary>Divides what the variable holds: <c>"copy.after:3"</c> gives the label and 3.</summary>
    /// <exception cref="FormatException">The part behind the colon is no number above 0.</exception>
    public static (string Label, int Passing) Parse(string? trap)
    {
        string[] parts = (trap ?? "").Split(':', 2);
        if (parts.Length == 1)
            return (parts[0], 1);
        return int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int passing) && passing > 0
            ? (parts[0], passing)
            : throw new FormatException($"{AtVariable} is '{trap}': use a label, or a label:n with n above 0.");
    }

    private static void Reach(string label)
    {
        if (label != Target.Label || Interlocked.Increment(ref _passed) != Target.Passing)
            return;
        if (Environment.GetEnvironmentVariable(LogVariable) is { Length: > 0 } log)
            File.AppendAllText(log, $"{label}\n");
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}

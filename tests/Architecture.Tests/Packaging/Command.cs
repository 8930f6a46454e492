namespace Weir.Architecture.Tests.Packaging;

using System.Diagnostics;

/// <summary>Runs <c>dotnet</c> as a process with a time limit.</summary>
internal static class Command
{
    // Other tests come first on the cores, so the time is only kept from being endless.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    // Set by the process that runs the tests for itself; a build of our own must find its SDK anew.
    private static readonly string[] NotInherited =
        ["MSBUILD_EXE_PATH", "MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBuildLoadMicrosoftTargetsReadOnly"];

    /// <summary>The output of a command that must succeed; if it does not end, it is killed.</summary>
    public static async Task<string> DotnetAsync(string folder, params string[] arguments)
    {
        using var process = Process.Start(StartInfo(folder, arguments))!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"dotnet {string.Join(' ', arguments)} did not end within {Limit}:\n{await output}");
        }

        string text = $"{await output}\n{await errors}";
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)} gave {process.ExitCode}:\n{text}");
        return text;
    }

    private static ProcessStartInfo StartInfo(string folder, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in NotInherited)
            start.Environment.Remove(name);

        // No process of a build stays behind.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        return start;
    }
}

namespace Weir.Silo;

using Weir.Silo.Health;
using Weir.Silo.Settings;

/// <summary>
/// The service: <c>Weir.Silo [settings]</c> runs an embedded silo until Ctrl-C or SIGTERM, <c>Weir.Silo health
/// [settings]</c> asks one whether it is well, <c>--help</c> lists the settings.
/// </summary>
internal static class SiloProgram
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongSettings = 2;

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        bool asksHealth = args is ["health", ..];
        if (args.Any(argument => argument is "--help" or "-h" or "-?"))
        {
            await output.WriteAsync(SettingsText.Help());
            return Done;
        }

        SettingsReader read = SettingsReader.Read(asksHealth ? args[1..] : args);
        if (asksHealth && read.HttpUrl is { } url)
            return await HealthQuestion.AskAsync(url, error);

        JobAssemblies jobs = JobAssemblies.Load(read.Assemblies);
        string[] faults = [.. read.Faults, .. asksHealth ? [] : jobs.Faults];
        if (faults.Length > 0 || read.Settings is null)
            return Report(faults, error);
        return await SiloHost.RunAsync(read.Settings, jobs.Types, error);
    }

    /// <summary>Shows all faults, one sentence a line.</summary>
    public static int Report(IEnumerable<string> faults, TextWriter error)
    {
        foreach (string fault in faults)
            error.WriteLine($"weir-silo: {fault}");
        error.WriteLine("weir-silo: see --help for all settings.");
        return WrongSettings;
    }
}

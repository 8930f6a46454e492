namespace Weir.Silo.Settings;

using System.Text;

/// <summary>
/// A setting by its name in the file, in the environment after <c>WEIR_</c>, and on the command line.
/// </summary>
internal sealed record SettingName(string Name, string Value, string Default, string Meaning)
{
    /// <summary>The other spelling on the command line: <c>DataDirectory</c> is also <c>data-directory</c>.</summary>
    public string Flag { get; } = string.Concat(Name.Select(
        (letter, index) => index > 0 && char.IsUpper(letter) ? $"-{letter}" : $"{letter}")).ToLowerInvariant();

    public bool Matches(string written) =>
        written.Equals(Name, StringComparison.OrdinalIgnoreCase)
        || written.Equals(Flag, StringComparison.OrdinalIgnoreCase);
}

/// <summary>All settings, in words.</summary>
internal static class SettingsText
{
    public const string Assemblies = nameof(Assemblies);

    /// <summary>The file of a secret that is not part of the settings themselves.</summary>
    public const string DatabasePasswordFile = nameof(DatabasePasswordFile);

    /// <summary>How log lines are written.</summary>
    public const string LogFormat = nameof(LogFormat);

    /// <summary>A flag that names one assembly and may be repeated.</summary>
    public const string JobAssembly = "job-assembly";

    public static readonly SettingName[] All =
    [
        new(nameof(SiloSettings.DataDirectory), "PATH", "weir-data", "everything durable of an embedded silo"),
        new(nameof(SiloSettings.Database), "TEXT", "none", "PostgreSQL of a cluster: Host=...;Database=...;Username=..."),
        new(DatabasePasswordFile, "PATH", "none", "a file that holds the password for it"),
        new(nameof(SiloSettings.SegmentDirectory), "PATH", "none", "shared directory for a cluster's checkpoints"),
        new(nameof(SiloSettings.ClusterId), "NAME", "weir", "name of the cluster; clients name it too"),
        new(nameof(SiloSettings.AdvertisedAddress), "HOST", "127.0.0.1", "where the others reach this silo; IP or name"),
        new(nameof(SiloSettings.SiloAddress), "IP", "127.0.0.1", "address that listens for other silos"),
        new(nameof(SiloSettings.SiloPort), "PORT", "11111", "port for other silos"),
        new(nameof(SiloSettings.GatewayAddress), "IP", "127.0.0.1", "address that listens for clients"),
        new(nameof(SiloSettings.GatewayPort), "PORT", "30000", "port for clients"),
        new(nameof(SiloSettings.HttpUrl), "URL", "http://127.0.0.1:8080", "address of /health and /ready"),
        new(nameof(SiloSettings.Partitions), "N", "4", "partitions of a topic created without a number, 1 to 1024"),
        new(nameof(SiloSettings.CheckpointInterval), "MS", "1000", "how often jobs take checkpoints, in milliseconds"),
        new(nameof(SiloSettings.CheckpointsRetained), "N", "3", "checkpoints that are kept beside savepoints"),
        new(nameof(SiloSettings.StagedEvents), "N", "262144", "output that may wait for a checkpoint, per key group"),
        new(nameof(SiloSettings.StagedBytes), "BYTES", "16777216", "the same in bytes"),
        new(nameof(SiloSettings.Restart), "HOW", "growing", "none, fixed:N:SECONDS, growing, or rate:N:PER:SECONDS"),
        new(LogFormat, "FORMAT", "text", "text, or json for one object a line"),
        new(Assemblies, "P1;P2", "none", "assemblies whose jobs are hosted"),
    ];

    public static string Help()
    {
        var text = new StringBuilder();
        text.AppendLine("Runs a Weir silo until Ctrl-C or SIGTERM: embedded, or one of a cluster if Database is set.");
        text.AppendLine();
        text.AppendLine("  Weir.Silo [settings]           run");
        text.AppendLine("  Weir.Silo health [settings]    ask the silo at HttpUrl: exit code 0 if it is well, else 1");
        text.AppendLine();
        text.AppendLine("Settings: --Name value, --Name=value, variable WEIR_Name, or appsettings.json under Weir.");
        foreach (SettingName setting in All)
        {
            string flag = $"--{setting.Name} {setting.Value}";
            text.AppendLine($"  {flag,-30}  {setting.Meaning} [{setting.Default}]");
        }

        text.AppendLine($"  {$"--{JobAssembly} PATH",-30}  one such assembly; may be repeated");
        text.AppendLine();
        text.AppendLine("The command line wins over the environment, and that over the file. A password belongs into");
        text.AppendLine("DatabasePasswordFile or WEIR_Database: the command line can be read by everybody on the machine.");
        text.AppendLine("Exit codes: 0 stopped as asked, 1 failed, 2 wrong settings.");
        return text.ToString();
    }
}

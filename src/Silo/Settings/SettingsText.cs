namespace Weir.Silo.Settings;

using System.Text;

/// <summary>A setting by its name in the file, in the environment after <c>WEIR_</c>, and on the command line.</summary>
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

    /// <summary>A flag that names one assembly and may be repeated.</summary>
    public const string JobAssembly = "job-assembly";

    public static readonly SettingName[] All =
    [
        new(nameof(SiloSettings.DataDirectory), "PATH", "weir-data", "everything durable is in this directory"),
        new(nameof(SiloSettings.SiloPort), "PORT", "11111", "port for other silos, on the loopback address"),
        new(nameof(SiloSettings.GatewayPort), "PORT", "30000", "port for clients"),
        new(nameof(SiloSettings.GatewayAddress), "IP", "127.0.0.1", "address for clients; 0.0.0.0 in a container"),
        new(nameof(SiloSettings.HttpUrl), "URL", "http://127.0.0.1:8080", "address of /health and /ready"),
        new(nameof(SiloSettings.Partitions), "N", "4", "partitions of a topic created without a number, 1 to 1024"),
        new(Assemblies, "P1;P2", "none", "assemblies whose jobs are hosted"),
    ];

    public static string Help()
    {
        var text = new StringBuilder();
        text.AppendLine("Runs an embedded Weir silo until Ctrl-C or SIGTERM.");
        text.AppendLine();
        text.AppendLine("  Weir.Silo [settings]           run");
        text.AppendLine("  Weir.Silo health [settings]    ask the silo at HttpUrl: exit code 0 if it is well, else 1");
        text.AppendLine();
        text.AppendLine("Settings: --Name value, --Name=value, the variable WEIR_Name, or appsettings.json under Weir.");
        foreach (SettingName setting in All)
        {
            string flag = $"--{setting.Name} {setting.Value}";
            text.AppendLine($"  {flag,-29}  {setting.Meaning} [{setting.Default}]");
        }

        text.AppendLine($"  {$"--{JobAssembly} PATH",-29}  one such assembly; may be repeated");
        text.AppendLine();
        text.AppendLine("The command line wins over the environment, and that over the file.");
        text.AppendLine("Exit codes: 0 stopped as asked, 1 failed, 2 wrong settings.");
        return text.ToString();
    }
}

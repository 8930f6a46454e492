namespace Weir.Silo.Settings;

/// <summary>Settings on the command line; what is not one is a fault.</summary>
internal sealed class CommandLineSettings
{
    private readonly Dictionary<string, string?> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _faults = [];
    private readonly List<string> _assemblies = [];

    private CommandLineSettings()
    {
    }

    public IReadOnlyDictionary<string, string?> Values => _values;

    public IReadOnlyList<string> Faults => _faults;

    public static CommandLineSettings Parse(string[] args)
    {
        var settings = new CommandLineSettings();
        for (int i = 0; i < args.Length; i++)
            settings.Take(args, ref i);
        if (settings._assemblies.Count > 0)
            settings._values[SettingsText.Assemblies] = string.Join(';', settings._assemblies);
        return settings;
    }

    private void Take(string[] args, ref int i)
    {
        if (!args[i].StartsWith("--", StringComparison.Ordinal))
        {
            _faults.Add($"'{args[i]}' is not a setting; settings begin with --.");
            return;
        }

        string[] parts = args[i][2..].Split('=', 2);
        bool isAssembly = parts[0].Equals(SettingsText.JobAssembly, StringComparison.OrdinalIgnoreCase);
        SettingName? setting = SettingsText.All.FirstOrDefault(known => known.Matches(parts[0]));
        bool hasValue = parts.Length == 2 || (i + 1 < args.Length && !IsFlag(args[i + 1]));
        string? value = parts.Length == 2 ? parts[1] : hasValue ? args[++i] : null;
        if (setting is null && !isAssembly)
            _faults.Add($"There is no setting '--{parts[0]}'.");
        else if (string.IsNullOrWhiteSpace(value))
            _faults.Add($"--{parts[0]} needs a value.");
        else if (isAssembly || setting!.Name == SettingsText.Assemblies)
            _assemblies.Add(value);
        else if (!_values.TryAdd(setting.Name, value))
            _faults.Add($"--{parts[0]} is given twice.");
    }

    private static bool IsFlag(string argument) => argument.StartsWith("--", StringComparison.Ordinal);
}

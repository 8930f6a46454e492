namespace Weir.Silo.Settings;

using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;
using Weir.Protocol.Jobs;

/// <summary>
/// Reads the settings from appsettings.json, the environment and the command line, and finds all faults at once.
/// </summary>
internal sealed class SettingsReader
{
    private readonly List<string> _faults = [];
    private readonly IConfiguration _values;

    private SettingsReader(CommandLineSettings commandLine, IConfiguration file)
    {
        _faults.AddRange(commandLine.Faults);
        if (commandLine.Values.TryGetValue(nameof(SiloSettings.Database), out string? shown)
            && shown?.Contains("password", StringComparison.OrdinalIgnoreCase) == true)
            _faults.Add("--Database holds a password, which everybody on the machine can read there: use "
                + "DatabasePasswordFile, or the variable WEIR_Database.");
        foreach (IConfigurationSection setting in file.GetSection("Weir").GetChildren())
        {
            if (!SettingsText.All.Any(known => known.Name.Equals(setting.Key, StringComparison.OrdinalIgnoreCase)))
                _faults.Add($"appsettings.json has an unknown setting '{setting.Key}' under Weir.");
        }

        _values = new ConfigurationBuilder()
            .AddConfiguration(file.GetSection("Weir"))
            .AddEnvironmentVariables("WEIR_")
            .AddInMemoryCollection(commandLine.Values)
            .Build();
        Assemblies = ReadAssemblies(file);
        HttpUrl = ReadUrl();
        Settings = ReadSettings();
    }

    /// <summary>One sentence for each fault.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The settings, or null if they have a fault.</summary>
    public SiloSettings? Settings { get; }

    /// <summary>The address of the silo's pages, or null if it has a fault.</summary>
    public Uri? HttpUrl { get; }

    /// <summary>Paths of the assemblies with jobs.</summary>
    public IReadOnlyList<string> Assemblies { get; }

    public static SettingsReader Read(string[] args) => Read(
        args,
        new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("appsettings.json", optional: true)
            .Build());

    public static SettingsReader Read(string[] args, IConfiguration file) => new(CommandLineSettings.Parse(args), file);

    private SiloSettings? ReadSettings()
    {
        var database = new DatabaseSettings(Text, _faults);
        string? directory = database.IsEmbedded ? ReadDirectory() : "";
        int siloPort = ReadNumber(nameof(SiloSettings.SiloPort), 11111, 65535);
        int gatewayPort = ReadNumber(nameof(SiloSettings.GatewayPort), 30000, 65535);
        int partitions = ReadNumber(nameof(SiloSettings.Partitions), 4, 1024);
        int interval = ReadNumber(nameof(SiloSettings.CheckpointInterval), 1000, 86_400_000);
        int retained = ReadNumber(nameof(SiloSettings.CheckpointsRetained), 3, 1000);
        int stagedEvents = ReadNumber(nameof(SiloSettings.StagedEvents), 262_144, int.MaxValue);
        int stagedBytes = ReadNumber(nameof(SiloSettings.StagedBytes), 16 << 20, int.MaxValue);
        RestartStrategy? restart = ReadRestart();
        bool logsJson = ReadLogFormat();
        IPAddress? gateway = ReadAddress(nameof(SiloSettings.GatewayAddress));
        IPAddress? silo = ReadAddress(nameof(SiloSettings.SiloAddress));
        int[] ports = [siloPort, gatewayPort, HttpUrl?.Port ?? -1];
        if (ports.Where(port => port > 0).GroupBy(port => port).Any(same => same.Count() > 1))
            _faults.Add($"SiloPort {siloPort}, GatewayPort {gatewayPort} and HttpUrl {HttpUrl} must have three ports.");
        if (_faults.Count > 0)
            return null;
        return new SiloSettings
        {
            DataDirectory = directory!,
            Database = database.ConnectionString,
            SegmentDirectory = database.SegmentDirectory,
            ClusterId = Text(nameof(SiloSettings.ClusterId)) ?? "weir",
            AdvertisedAddress = database.AdvertisedAddress!,
            SiloAddress = silo!,
            SiloPort = siloPort,
            GatewayPort = gatewayPort,
            GatewayAddress = gateway!,
            HttpUrl = HttpUrl!,
            Partitions = partitions,
            CheckpointInterval = TimeSpan.FromMilliseconds(Math.Max(interval, 10)),
            CheckpointsRetained = retained,
            StagedEvents = stagedEvents,
            StagedBytes = stagedBytes,
            Restart = restart!,
            LogsJson = logsJson,
        };
    }

    private IPAddress? ReadAddress(string name)
    {
        string text = Text(name) ?? "127.0.0.1";
        if (IPAddress.TryParse(text, out IPAddress? address))
            return address;
        _faults.Add($"{name} is '{text}', which is not an IP address.");
        return null;
    }

    private string? ReadDirectory()
    {
        string written = Text(nameof(SiloSettings.DataDirectory)) ?? "weir-data";
        try
        {
            string path = Path.GetFullPath(written);
            bool isNew = !Directory.Exists(path);
            Directory.CreateDirectory(path);
            string probe = Path.Combine(path, $".writable-{Environment.ProcessId}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);

            // Whoever is refused for something else finds nothing that was not there before.
            if (isNew)
                Directory.Delete(path);
            return path;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            _faults.Add($"DataDirectory is '{written}', which can not be written: {fault.Message}");
            return null;
        }
    }

    private int ReadNumber(string name, int standard, int highest)
    {
        if (Text(name) is not { } text)
            return standard;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number >= 1 && number <= highest)
            return number;
        _faults.Add($"{name} is '{text}'; it must be a number from 1 to {highest}.");
        return -1;
    }

    private RestartStrategy? ReadRestart()
    {
        string text = Text(nameof(SiloSettings.Restart)) ?? "growing";
        string[] parts = text.Split(':');
        int[] numbers = [.. parts.Skip(1).Select(part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1)];
        switch (parts[0], numbers)
        {
            case ("none", []):
                return new RestartStrategy.None();
            case ("growing", []):
                return RestartStrategy.Default;
            case ("fixed", [>= 0 and var attempts, >= 0 and var delay]):
                return new RestartStrategy.FixedDelay(attempts, TimeSpan.FromSeconds(delay));
            case ("rate", [> 0 and var failures, > 0 and var per, >= 0 and var delay]):
                return new RestartStrategy.FailureRate(
                    failures, TimeSpan.FromSeconds(per), TimeSpan.FromSeconds(delay));
        }

        _faults.Add($"Restart is '{text}'; it must be none, growing, fixed:ATTEMPTS:SECONDS, or "
            + "rate:FAILURES:PER_SECONDS:SECONDS.");
        return null;
    }

    private bool ReadLogFormat()
    {
        string text = Text(SettingsText.LogFormat) ?? "text";
        if (text is not ("text" or "json"))
            _faults.Add($"LogFormat is '{text}'; it must be text or json.");
        return text == "json";
    }

    private Uri? ReadUrl()
    {
        string text = Text(nameof(SiloSettings.HttpUrl)) ?? "http://127.0.0.1:8080";
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url)
            && url is { Scheme: "http", AbsolutePath: "/", Query: "", UserInfo: "" }
            && (url.IsLoopback || IPAddress.TryParse(url.Host.Trim('[', ']'), out _)))
            return url;
        _faults.Add($"HttpUrl is '{text}'; it must be http, an IP address or localhost, and a port.");
        return null;
    }

    // A later source replaces the whole list of an earlier one: lists that are mixed by index are of no use to anyone.
    private string[] ReadAssemblies(IConfiguration file)
    {
        string[] paths = Text(SettingsText.Assemblies) is { } text
            ? text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [.. file.GetSection($"Weir:{SettingsText.Assemblies}").GetChildren().Select(path => path.Value ?? "")];
        return [.. paths.Select(Path.GetFullPath).Distinct()];
    }

    private string? Text(string name) => _values[name] is { Length: > 0 } text ? text : null;
}

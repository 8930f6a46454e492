namespace Weir.Silo.Settings;

using System.Net;
using System.Net.Sockets;
using Npgsql;

/// <summary>
/// What makes a silo one of a cluster: database, checkpoints, address. No message of it holds a secret.
/// </summary>
internal sealed class DatabaseSettings
{
    private readonly Func<string, string?> _text;
    private readonly List<string> _faults;

    public DatabaseSettings(Func<string, string?> text, List<string> faults)
    {
        _text = text;
        _faults = faults;
        IsEmbedded = text(nameof(SiloSettings.Database)) is null;
        ConnectionString = ReadConnection();
        SegmentDirectory = ReadSegmentDirectory();
        AdvertisedAddress = ReadAddress();
    }

    public bool IsEmbedded { get; }

    /// <summary>With the password of the file.</summary>
    public string? ConnectionString { get; }

    public string? SegmentDirectory { get; }

    public IPAddress? AdvertisedAddress { get; }

    private string? ReadConnection()
    {
        string? passwordFile = _text(SettingsText.DatabasePasswordFile);
        if (_text(nameof(SiloSettings.Database)) is not { } written)
        {
            if (passwordFile is not null)
                _faults.Add("DatabasePasswordFile is set without Database.");
            return null;
        }

        try
        {
            var connection = new NpgsqlConnectionStringBuilder(written);
            if (string.IsNullOrWhiteSpace(connection.Host))
                _faults.Add("Database names no Host.");
            if (passwordFile is not null)
                connection.Password = File.ReadAllText(passwordFile).TrimEnd('\r', '\n');
            return connection.ConnectionString;
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidCastException)
        {
            _faults.Add("Database is not a connection string of PostgreSQL: write Host=...;Database=...;Username=...");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _faults.Add($"DatabasePasswordFile is '{passwordFile}', which can not be read: {fault.Message}");
        }

        return null;
    }

    private string? ReadSegmentDirectory()
    {
        if (_text(nameof(SiloSettings.SegmentDirectory)) is not { } written)
            return null;
        if (IsEmbedded)
            _faults.Add("SegmentDirectory is for a cluster: set Database too, or DataDirectory alone.");
        else if (!Directory.Exists(written))
            _faults.Add($"SegmentDirectory is '{written}', which does not exist: make it, on storage that all silos share.");
        return Path.GetFullPath(written);
    }

    private IPAddress? ReadAddress()
    {
        string written = _text(nameof(SiloSettings.AdvertisedAddress)) ?? "127.0.0.1";
        if (!IPAddress.TryParse(written, out IPAddress? address))
            address = Resolve(written);
        if (address is null)
            _faults.Add($"AdvertisedAddress is '{written}', which is no IP address and no name of a host.");
        else if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            _faults.Add($"AdvertisedAddress is '{written}', which no other silo can reach: name this machine's address.");
        return address;
    }

    private static IPAddress? Resolve(string host)
    {
        try
        {
            IPAddress[] found = Dns.GetHostAddresses(host);
            return found.FirstOrDefault(each => each.AddressFamily == AddressFamily.InterNetwork)
                ?? found.FirstOrDefault();
        }
        catch (Exception unknown) when (unknown is SocketException or ArgumentException)
        {
            return null;
        }
    }
}

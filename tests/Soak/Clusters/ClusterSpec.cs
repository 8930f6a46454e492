namespace Weir.Soak.Clusters;

using System.Globalization;

/// <summary>What a cluster has otherwise than <c>docker-compose.yml</c> says.</summary>
internal sealed record ClusterSpec
{
    /// <summary>How many silos are started, 1 to 3.</summary>
    public int Silos { get; init; } = 3;

    /// <summary>The assembly with jobs, which lies beside the program that starts the cluster.</summary>
    public string Jobs { get; init; } = "Flights.dll";

    /// <summary>Ports under which silos reach the database, by the number of the silo; of the others the server's own.
    /// </summary>
    public IReadOnlyDictionary<int, int> DatabasePorts { get; init; } = new Dictionary<int, int>();

    /// <summary>The file with these changes, or null if there are none.</summary>
    public string? Write(string root, string folder)
    {
        string file = File.ReadAllText(Path.Combine(root, "docker-compose.yml"));
        string changed = file.Replace("/Flights.dll\n", $"/{Jobs}\n", StringComparison.Ordinal);
        foreach ((int silo, int port) in DatabasePorts)
        {
            string address = $"      WEIR_AdvertisedAddress: silo-{silo}\n";
            string database = string.Create(
                CultureInfo.InvariantCulture,
                $"      WEIR_Database: \"Database=weir;Host=127.0.0.1;Port={port};Username=weir;Password=weir\"\n");
            changed = changed.Replace(address, address + database, StringComparison.Ordinal);
        }

        if (changed == file)
            return null;
        string path = Path.Combine(folder, "compose.yml");
        File.WriteAllText(path, changed);
        return path;
    }
}

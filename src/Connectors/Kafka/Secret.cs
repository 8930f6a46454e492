namespace Weir.Connectors.Kafka;

/// <summary>
/// A password or connection string. Invariant: it is never shown; only the client that needs it gets to see it.
/// </summary>
public sealed class Secret
{
    private readonly string _value;

    private Secret(string value, string source) => _value = string.IsNullOrWhiteSpace(value)
        ? throw new ArgumentException($"{source} is empty: put the secret there.")
        : value.Trim();

    /// <summary>The value of an environment variable.</summary>
    /// <exception cref="ArgumentException">The variable is not set or empty.</exception>
    public static Secret FromEnvironment(string variable)
    {
        ArgumentException.ThrowIfNullOrEmpty(variable);
        return new Secret(Environment.GetEnvironmentVariable(variable) ?? "", $"The environment variable {variable}");
    }

    /// <summary>The content of a file, without the white space around it.</summary>
    /// <exception cref="ArgumentException">The file is missing, can not be read or is empty.</exception>
    public static Secret FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return new Secret(File.ReadAllText(path), $"The file {path}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException(
                $"The file {path} with a secret can not be read: {failure.Message}", nameof(path), failure);
        }
    }

    /// <summary>A secret that the application has from elsewhere.</summary>
    /// <exception cref="ArgumentException">It is empty.</exception>
    public static Secret FromText(string value) => new(value ?? "", "A secret");

    /// <inheritdoc/>
    public override string ToString() => "(secret)";

    internal string Reveal() => _value;
}

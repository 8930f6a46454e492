namespace Weir.Client;

/// <summary>How a client behaves.</summary>
public sealed class WeirClientOptions
{
    /// <summary>How long a call is repeated while the service does not answer, 0 to 1 h. Default 30 s.</summary>
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock for pauses and time limits. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryFor, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(RetryFor, TimeSpan.FromHours(1));
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}

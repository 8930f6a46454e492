namespace Weir.Engine.State;

/// <summary>
/// Stored state does not fit what the function declares: it lacks a state that the snapshot holds, or declares it with
/// another type and without an upgrade. Nothing was restored; the message says which state of which operator, both
/// forms, and what to do.
/// </summary>
public sealed class StateSchemaException : Exception
{
    private StateSchemaException(string operatorName, string stateName, string message)
        : base(message)
    {
        OperatorName = operatorName;
        StateName = stateName;
    }

    /// <summary>The operator.</summary>
    public string OperatorName { get; }

    /// <summary>The state; empty for keys in quarantine.</summary>
    public string StateName { get; }

    internal static StateSchemaException NoQuarantine(string operatorName) => new(
        operatorName,
        "",
        $"The snapshot of the operator '{operatorName}' holds keys in quarantine, and its OnError says so no longer: let it "
        + "quarantine keys again, and release or discard them first.");

    internal static StateSchemaException Missing(string operatorName, StoredState stored) => new(
        operatorName,
        stored.Name,
        $"The snapshot of the operator '{operatorName}' holds the state '{stored.Name}' as {stored.Describe()}, and "
        + $"its function has no such state: declare it, or give it up with State.Dropped(\"{stored.Name}\").");

    internal static StateSchemaException Changed(string operatorName, StoredState stored, StoredState declared) => new(
        operatorName,
        stored.Name,
        $"The snapshot of the operator '{operatorName}' holds the state '{stored.Name}' as {stored.Describe()}, and "
        + $"its function declares it as {declared.Describe()}: say with Upgrading how to read version "
        + $"{stored.Version}, or declare a state of another name and give this one up with "
        + $"State.Dropped(\"{stored.Name}\").");
}

/// <summary>How a state is stored, as the header of a segment says it.</summary>
/// <param name="Name">Name of the state.</param>
/// <param name="Kind">Value, list and so on, with all that can not be upgraded.</param>
/// <param name="Schema">The shape of its elements.</param>
/// <param name="Version">The version of its elements.</param>
/// <param name="IsTimed">Whether the time of its last update stands before every element.</param>
internal readonly record struct StoredState(string Name, string Kind, string Schema, int Version, bool IsTimed)
{
    public string Describe() => $"{Kind} of {Schema}, version {Version}";
}

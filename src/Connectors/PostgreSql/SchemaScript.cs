namespace Weir.Connectors.PostgreSql;

/// <summary>
/// Tables that belong together and how older ones become them. Invariant: a step that was released is never edited.
/// </summary>
/// <param name="Name">Names them in the table of versions, for example <c>event-log</c>; never changes.</param>
/// <param name="Steps">SQL; step i leads from version i to version i + 1. Names of tables are not qualified: a step runs
/// with the schema as its search path, in one transaction with all others. A step is sent as it is and may hold several
/// statements.</param>
public sealed record SchemaScript(string Name, IReadOnlyList<string> Steps);

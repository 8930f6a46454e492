namespace Weir.Samples.Flights.Input;

/// <summary>A line that is no flight.</summary>
/// <param name="File">The name of its file.</param>
/// <param name="Line">Its number there, from 1.</param>
/// <param name="Reason">What is wrong.</param>
/// <param name="Text">The line as it stands.</param>
internal sealed record RejectedRow(string File, long Line, string Reason, string Text);

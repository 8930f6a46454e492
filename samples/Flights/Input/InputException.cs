namespace Weir.Samples.Flights.Input;

/// <summary>The input can not be used at all; the message is one sentence for the user.</summary>
internal sealed class InputException(string message, Exception? inner = null) : Exception(message, inner);

namespace Weir.Engine.Codecs;

/// <summary>
/// Stored or received bytes are not what was written: they end too early, or hold an impossible value.
/// </summary>
public sealed class CorruptDataException(string message, Exception? inner = null) : Exception(message, inner);

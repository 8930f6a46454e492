namespace Weir.Cli;

/// <summary>Where commands read from and write to.</summary>
internal sealed record Terminal(TextReader Input, TextWriter Output, TextWriter Error)
{
    /// <summary>Columns of the terminal, or null if the output goes elsewhere and shall be plain.</summary>
    public int? Width { get; init; }

    /// <summary>What ages are told by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

namespace Weir.Protocol.Sources;

using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>What a delivery is to a reader that stands at an offset.</summary>
public enum Admission
{
    /// <summary>It goes on where the reader stands, perhaps beginning with something already read.</summary>
    Continues,

    /// <summary>All of it has been read.</summary>
    Repeats,

    /// <summary>Something between it and the reader is missing; nothing of it may be read.</summary>
    Gap,
}

/// <summary>
/// Reads one partition exactly once and in order, whatever the transport delivers. Invariant: the program sees every
/// batch from its start on, each once; the transport is trusted for nothing.
/// </summary>
/// <remarks>At offset 10: a delivery of [8, 14) continues (what is below 10 is dropped), [4, 10) repeats, [12, 14) is a
/// gap.</remarks>
public sealed class SourceReader(SourceProgram program)
{
    /// <summary>The program that it feeds.</summary>
    public SourceProgram Program => program;

    /// <summary>The offset of the first event not read.</summary>
    public long Next => program.Next;

    /// <summary>What a delivery of offsets <c>[from, next)</c> is.</summary>
    public Admission Admit(long from, long next)
    {
        if (next <= program.Next)
            return Admission.Repeats;
        return from > program.Next ? Admission.Gap : Admission.Continues;
    }

    /// <summary>
    /// Processes a batch of an admitted delivery unless it was read before. True if it was processed.
    /// </summary>
    /// <exception cref="SourceFailedException">An event can not be decoded, or a function failed on it.</exception>
    public bool Read(in EventBatch batch) => Unread(batch) is { } unread && Process(in unread);

    /// <summary>What of a batch was not read before, or null. Of a part it may be the end: parts are cut anywhere.
    /// </summary>
    public EventBatch? Unread(EventBatch batch) => batch.Next <= program.Next
        ? null
        : batch.Part == BatchPart.Whole ? batch : batch.Behind(program.Next);

    /// <summary>Processes what was not read before.</summary>
    /// <exception cref="SourceFailedException">An event can not be decoded, or a function failed on it.</exception>
    public bool Process(in EventBatch unread)
    {
        program.Process(in unread);
        return true;
    }
}

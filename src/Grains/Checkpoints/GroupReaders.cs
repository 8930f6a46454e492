namespace Weir.Grains.Checkpoints;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Grains.Jobs;
using Weir.Protocol.Checkpoints;

/// <summary>Where a group is read.</summary>
/// <param name="Program">What answers.</param>
/// <param name="Epoch">The epoch of the job.</param>
/// <param name="Checkpoint">The checkpoint that it holds, or null if it runs.</param>
internal readonly record struct GroupReading(GroupProgram Program, long Epoch, long? Checkpoint)
{
    /// <summary>What is held while it is read, if others may read or change it. Default: nothing.</summary>
    public Lock? Turn { get; init; }

    /// <summary>Reads it.</summary>
    public TResult Read<TResult>(Func<GroupProgram, TResult> read)
    {
        if (Turn is null)
            return read(Program);
        lock (Turn)
            return read(Program);
    }
}

/// <summary>
/// One key group as of older checkpoints, for readers. Invariant: they look up single keys in what is stored and apply
/// nothing; the last few stay open, so that asking again costs no file.
/// </summary>
internal sealed class GroupReaders(SegmentFiles files) : IDisposable
{
    private const int Kept = 2;
    private readonly List<Reader> _readers = [];

    /// <summary>Finds a part and opens it.</summary>
    /// <param name="find">Finds the part of the checkpoint that is asked for; null: the job has none.</param>
    /// <param name="create">Makes the program of the group.</param>
    /// <param name="job">The job.</param>
    /// <exception cref="WeirException">There is none, or it is damaged.</exception>
    public async Task<GroupReading> ReadAsync(
        Func<Task<CheckpointPart?>> find, Func<Dictionary<string, int>, GroupProgram> create, string job)
    {
        long last = 0;
        while (true)
        {
            CheckpointPart part = await find() ?? throw new WeirException(
                WeirError.JobNotRunning,
                $"The job '{job}' does not run and has no checkpoint, so nothing is held for its keys: start it first.");
            try
            {
                return await OpenAsync(part, create);
            }
            catch (WeirException damage) when (damage.Error == WeirError.Corrupt && part.Checkpoint != last)
            {
                // It may have been retired since it was found: then another one is the last by now.
                last = part.Checkpoint;
                await Task.Delay(StoredJobs.FreshFor);
            }
        }
    }

    /// <summary>Opens a part, or takes the reader that has it open.</summary>
    /// <exception cref="WeirException">What is stored of it is damaged or gone.</exception>
    private async Task<GroupReading> OpenAsync(CheckpointPart part, Func<Dictionary<string, int>, GroupProgram> create)
    {
        if (_readers.Find(reader => reader.IsOf(part)) is { } known)
            return new GroupReading(known.Program, part.Epoch, part.Checkpoint);
        try
        {
            ParticipantReport report = ManifestCodec.DecodeReport(part.Report);
            StoredChain chain = await files.OpenAsync(report.Chain);
            GroupProgram program = create(part.Partitions);
            program.Restore(report.Mark!, chain.Segments);
            Keep(new Reader(part.Report, program, chain));
            return new GroupReading(program, part.Epoch, part.Checkpoint);
        }
        catch (Exception fault) when (fault is CorruptDataException or CheckpointStoreException)
        {
            // Alone: the exception behind it could not leave the silo.
            throw new WeirException(
                Outages.Is(fault) ? WeirError.Unavailable : WeirError.Corrupt,
                $"Checkpoint {part.Checkpoint} can not be read: {fault.Message}");
        }
    }

    public void Dispose()
    {
        foreach (Reader reader in _readers)
            reader.Chain.Dispose();
        _readers.Clear();
    }

    private void Keep(Reader reader)
    {
        _readers.Add(reader);
        if (_readers.Count <= Kept)
            return;
        _readers[0].Chain.Dispose();
        _readers.RemoveAt(0);
    }

    private sealed record Reader(ReadOnlyMemory<byte> Report, GroupProgram Program, StoredChain Chain)
    {
        // A job that begins without any checkpoint may give out the number of a lost one again.
        public bool IsOf(CheckpointPart part) => Report.Span.SequenceEqual(part.Report.Span);
    }
}

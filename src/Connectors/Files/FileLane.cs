namespace Weir.Connectors.Files;

using System.Buffers;
using Weir.Connectors.Sinks;
using Weir.Engine.Codecs;
using Weir.Protocol.Sinks;

/// <summary>
/// The files of one producer. Invariant: the texts of its finished files and of its journal are, in order, the events
/// of sequences 0 to the next one, each once; an append that was answered is among them after every crash; and nothing
/// of an epoch is among them that was appended after a higher one had opened.
/// </summary>
/// <remarks>
/// <para>
/// Files. The text of events is appended to a <c>pending</c> file, as it will be finished, and then their number, length
/// and checksum to a journal, <c>open</c>: each is one write and one flush. So text is written once.
/// </para>
/// <para>
/// Finishing. (1) The journal is renamed to <c>rolled</c>, with the sequence behind the text in its name: this is the
/// decision, and it is made durable. (2) The pending file is renamed to its final name. (3) The next journal and pending
/// file are durable, and so are all names. (4) The rolled journal is removed. A crash before 1 leaves an open journal; after
/// it, whoever opens renames the pending file if it is still there: if not, it had been finished, and may have been taken
/// away by a reader since, so that it is not made again.
/// </para>
/// <para>
/// Taking over. The texts of an open journal are copied into a new pending file, of which nobody else holds a handle, so
/// that a finished file can not be written to by whoever still appends to the old one, and that nothing is in it that has
/// no place in the journal. Then it is finished. Who finishes a file that is its own has no append under way, and lets go
/// of it for ever.
/// </para>
/// <para>
/// Fencing. An epoch that opens first creates a mark, <c>epoch</c>, then lists the folder. An append first
/// flushes, then looks for a higher mark, and is answered only if there is none: of the two, one sees the other. Either
/// the append came before the listing and is taken over, or it fails. What is visible to readers is guarded by a name of
/// which there is one: to finish a file its journal is renamed to rolled, to take it over it is renamed to the new
/// epoch's open, and only one of the two renames finds it. A journal that is taken over is finished and a new one
/// begun, because the older epoch may still hold a handle of it. What it writes there, or into journals that it begins
/// later, is of a lower epoch than another journal and is never looked at.
/// </para>
/// </remarks>
internal sealed class FileLane<T>(
    LaneFolder folder, long epoch, Codec<T> codec, (IEventText<T> Text, FileSinkOptions Options) parts) : ISinkLane
{
    private const int MostExpectedBytes = 32 << 20;
    private LaneJournal? _journal;
    private long _number;
    private long _firstAppend;

    public ValueTask<long> OpenAsync(CancellationToken cancellation = default) => Run(
        () =>
        {
            Close();
            Open();
            return _journal!.Next;
        },
        cancellation);

    /// <remarks>Without batches nothing is stored, but a file that is old enough is finished.</remarks>
    public ValueTask AppendAsync(
        long sequence, IReadOnlyList<SinkBatch> batches, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        return Discard(Run(
            () =>
            {
                Append(sequence, batches);
                return true;
            },
            cancellation));
    }

    public TimeSpan? DueIn => _journal is not { IsEmpty: false } ? null
        : Age < parts.Options.RollAge ? parts.Options.RollAge - Age : TimeSpan.Zero;

    public ValueTask FinishDueAsync(CancellationToken cancellation = default) => Discard(Run(
        () =>
        {
            RollIfDue();
            return true;
        },
        cancellation));

    public ValueTask FinishAsync(CancellationToken cancellation = default) => Discard(Run(
        () =>
        {
            if (!Journal.IsEmpty)
                Roll();
            return true;
        },
        cancellation));

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private LaneJournal Journal => _journal ?? throw new SinkException(
        SinkError.Unavailable, $"{folder.Lane} is not open, or has failed; open it again and repeat.");

    private TimeSpan Age => parts.Options.TimeProvider.GetElapsedTime(_firstAppend);

    private static async ValueTask Discard(ValueTask<bool> task) => await task;

    private void RollIfDue()
    {
        if (!Journal.IsEmpty && Age >= parts.Options.RollAge)
            Roll();
    }

    private void Append(long sequence, IReadOnlyList<SinkBatch> batches)
    {
        RollIfDue();
        long stored = SinkEvents.StoredPart(sequence, Journal.Next, folder.Lane);
        int events = (int)Math.Max(0, batches.Sum(batch => (long)batch.Count) - stored);
        if (events == 0)
            return;

        // A second of events may be much: each is read when it is written, and their text mostly has room from the start.
        long payload = batches.Sum(batch => (long)batch.Payload.Length);
        using var text = new TextBuffer((int)Math.Min(payload * 2, MostExpectedBytes));
        if (Journal.IsEmpty)
        {
            _firstAppend = parts.Options.TimeProvider.GetTimestamp();
            text.Write(parts.Text.Header.Span);
        }

        parts.Text.Write(SinkEvents.Read(codec, batches, stored), text);
        Journal.Append(events, text.Written);
        CheckEpoch();
        if (Journal.TextLength >= parts.Options.RollBytes)
            Roll();
    }

    private void Open()
    {
        folder.Create();
        LaneFile mark = Mine(0, LaneFileKind.Epoch);
        IReadOnlyList<LaneFile> files = folder.List();
        if (!files.Contains(mark))
            folder.CreateNew(mark).Dispose();

        // What is listed may be the work of a process that ended before it was durable.
        folder.Sync();
        long next;
        do
            files = folder.List();
        while (!TryTakeOver(files, out _number, out next));
        Begin(next);
        CheckEpoch();
        Clean();
    }

    /// <summary>Finds how far the lane has come, and finishes what it has; false if someone else was faster.</summary>
    private bool TryTakeOver(IReadOnlyList<LaneFile> files, out long number, out long next)
    {
        number = 0;
        next = 0;
        if (files.Any(file => file.Epoch > epoch))
            throw Fenced();
        foreach (LaneFile rolled in files.Where(file => file.Kind == LaneFileKind.Rolled))
            Finish(rolled);
        LaneFile[] journals = [.. files.Where(file => file.IsJournal)];
        if (journals.Length == 0)
        {
            // If only the lane's folder was lost, no finished file may be written over.
            number = folder.NumberBehindFinished();
            return true;
        }

        LaneFile latest = journals.MaxBy(file => (file.Epoch, file.Number));
        number = latest.Number;
        if (latest.Kind == LaneFileKind.Open)
            return TryTake(latest, ref number, out next);
        number++;
        next = latest.Next;
        return true;
    }

    private bool TryTake(LaneFile open, ref long number, out long next)
    {
        next = 0;
        LaneFile mine = Mine(open.Number, LaneFileKind.Open);
        if (open != mine && !folder.TryRename(open, mine))
            return false;
        using LaneJournal journal = LaneJournal.Read(
            folder.OpenRead(mine), folder.Lane, writer => OpenText(mine with { Epoch = writer, Kind = LaneFileKind.Pending }));
        next = journal.Next;
        if (journal.IsEmpty)
            return true;
        Copy(journal, number);
        Decide(journal, number);
        number++;
        return true;
    }

    private IDiskFile OpenText(LaneFile pending)
    {
        try
        {
            return folder.OpenRead(pending);
        }
        catch (FileNotFoundException)
        {
            throw LaneJournal.Damaged(folder.Lane, $"'{pending.Name}' with the text of its events is missing");
        }
    }

    /// <summary>Makes a pending file of a journal that was taken over.</summary>
    private void Copy(LaneJournal journal, long number)
    {
        LaneFile copy = Mine(number, LaneFileKind.New);
        folder.Delete(copy);
        using (IDiskFile file = folder.CreateNew(copy))
        {
            long at = 0;
            if (!journal.HoldsHeader)
                Write(parts.Text.Header.Span);
            journal.CopyTo(Write, folder.Lane);
            file.Sync();

            void Write(ReadOnlySpan<byte> text)
            {
                file.Write(text, at);
                at += text.Length;
            }
        }

        // In one step, since what it replaces may be what was copied, of a lane that failed and opens again.
        folder.TryRename(copy, Mine(number, LaneFileKind.Pending));
        folder.Sync();
    }

    private void Roll()
    {
        using (LaneJournal journal = Journal)
        {
            _journal = null;
            Decide(journal, _number);
            _number++;
            Begin(journal.Next);
        }

        folder.Delete(Mine(_number - 1, LaneFileKind.Rolled) with { Next = _journal!.Start });
    }

    /// <summary>Steps 1 and 2 of finishing a file, whose text is durable.</summary>
    private void Decide(LaneJournal journal, long number)
    {
        LaneFile rolled = Mine(number, LaneFileKind.Rolled) with { Next = journal.Next };
        if (!folder.TryRename(Mine(number, LaneFileKind.Open), rolled))
            throw Fenced();
        folder.Sync();
        Finish(rolled);
    }

    private void Finish(LaneFile rolled)
    {
        folder.Finish(rolled with { Next = 0, Kind = LaneFileKind.Pending });
        folder.SyncFinished();
    }

    /// <summary>Begins a journal and its text; a file that I have open under the name of either loses it.</summary>
    private void Begin(long next)
    {
        LaneFile unready = Mine(_number, LaneFileKind.New);
        folder.Delete(unready);
        IDiskFile file = folder.CreateNew(unready);
        LaneJournal.WriteHead(file, next, epoch);
        folder.TryRename(unready, Mine(_number, LaneFileKind.Open));

        // A journal with a torn end needs its text to be read: it must be gone for ever before its text goes.
        folder.Sync();
        LaneFile pending = Mine(_number, LaneFileKind.Pending);
        folder.Delete(pending);
        _journal = LaneJournal.Begin(file, folder.CreateNew(pending), next);
        folder.Sync();
    }

    /// <summary>Removes what an older epoch or a crash has left.</summary>
    private void Clean()
    {
        LaneFile[] kept =
            [Mine(_number, LaneFileKind.Open), Mine(_number, LaneFileKind.Pending), Mine(0, LaneFileKind.Epoch)];
        foreach (LaneFile file in folder.List())
        {
            if (!kept.Contains(file) && file.Epoch <= epoch)
                folder.Delete(file);
        }
    }

    private LaneFile Mine(long number, LaneFileKind kind) => new(number, epoch, 0, kind);

    private void CheckEpoch()
    {
        if (folder.HasEpochAbove(epoch))
            throw Fenced();
    }

    private SinkException Fenced() => new(
        SinkError.Fenced, $"An epoch above {epoch} has opened {folder.Lane}; it has taken over, stop this one.");

    private void Close()
    {
        _journal?.Dispose();
        _journal = null;
    }

    /// <summary>After a failure only the disk knows what was stored, so that the lane must be opened again.</summary>
    private async ValueTask<TResult> Run<TResult>(Func<TResult> action, CancellationToken cancellation)
    {
        try
        {
            return await Task.Run(action, cancellation);
        }
        catch (Exception failure)
        {
            // A gap is found before anything is stored.
            if (failure is not SinkException { Error: SinkError.Gap })
                Close();
            if (!DiskFailure.Is(failure))
                throw;
            throw DiskFailure.IsFull(failure)
                ? new SinkException(
                    SinkError.Full, $"The disk of {folder.Lane} is full; free space, open it again and repeat.", failure)
                : new SinkException(
                    SinkError.Unavailable, $"{folder.Lane} failed ({failure.Message}); open it again and repeat.", failure);
        }
    }
}

namespace Weir.Grains.Sources;

using Weir.Contracts.Topics;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Grains.Exchange;
using Weir.Protocol.Sources;

/// <summary>
/// One epoch of a source partition: it reads deliveries in order, one at a time, and hands what they give to the
/// exchange before it takes more. Invariant: whoever delivers twice, late or at once, each batch is processed once.
/// </summary>
internal sealed class SourceRun(long epoch, SourceProgram program, StageOutbox outbox, AlignmentLink? alignment)
{
    // Slices reach their groups in runs of about this many events: long enough to be cheap, short enough to be early.
    private const int FlushAt = 2048;
    private readonly SourceReader _reader = new(program);
    private Task _turn = Task.CompletedTask;

    public long Epoch => epoch;

    public SourceProgram Program => program;

    public bool IsClosed { get; private set; }

    /// <summary>Whether it takes no input until other sources have caught up.</summary>
    public bool IsWaiting => alignment?.MustWait == true;

    /// <summary>
    /// Takes a delivery of offsets <c>[from, next)</c> and completes when all of it has been handed on.
    /// </summary>
    public async Task<Admission> ReadAsync(long from, long next, WireBatch[] batches)
    {
        // Turns of one grain do not overlap, so taking a place in the queue needs no lock.
        Task before = _turn;
        var done = new TaskCompletionSource();
        _turn = done.Task;
        await before;
        try
        {
            bool takesNothing = IsClosed || alignment?.IsParked == true;
            Admission admission = takesNothing ? Admission.Repeats : _reader.Admit(from, next);
            if (admission == Admission.Continues)
                await ReadBatchesAsync(batches);
            return admission;
        }
        finally
        {
            done.SetResult();
        }
    }

    /// <summary>Completes when everything that was emitted is stored.</summary>
    public Task WhenStoredAsync() => outbox.WhenStoredAsync();

    /// <summary>Reads nothing more.</summary>
    public void Close()
    {
        IsClosed = true;
        alignment?.Dispose();
        outbox.Dispose();
    }

    private async Task ReadBatchesAsync(WireBatch[] batches)
    {
        foreach (WireBatch wire in batches)
        {
            if (alignment?.MustWait == true && !await WaitAsync(alignment))
                return;
            EventBatch batch = wire.ToBatch();
            _reader.Read(in batch);
            alignment?.OnProgress();
            if (program.Held < FlushAt)
                continue;
            await FlushAsync();
            if (IsClosed)
                return;
        }

        await FlushAsync();
    }

    /// <summary>Waits for the other sources; what was read goes on its way first. False: read nothing more.</summary>
    private async Task<bool> WaitAsync(AlignmentLink link)
    {
        await FlushAsync();
        return await link.WhenAllowedAsync() && !IsClosed;
    }

    private ValueTask FlushAsync()
    {
        program.Flush(outbox);
        return outbox.DrainAsync();
    }
}

namespace Weir.Grains.Tests.Streams;

using Orleans.Streams;

/// <summary>Records readings with their offsets; a hook may delay or refuse them.</summary>
public sealed class ReadingObserver(Func<Reading, Task>? before = null) : IAsyncObserver<Reading>
{
    public Probe<(long Offset, int Value)> Received { get; } = new();

    public Probe<Exception> Errors { get; } = new();

    public async Task OnNextAsync(Reading item, StreamSequenceToken? token = null)
    {
        if (before is not null)
            await before(item);
        Received.Add((token!.SequenceNumber, item.Value));
    }

    public Task OnErrorAsync(Exception ex)
    {
        Errors.Add(ex);
        return Task.CompletedTask;
    }
}

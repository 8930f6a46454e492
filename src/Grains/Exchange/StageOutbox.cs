namespace Weir.Grains.Exchange;

using Weir.Engine.Operators;
using Weir.Protocol.Exchange;

/// <summary>
/// What one instance of a stage sends: slices through the exchange, events to topics. Whoever runs the stage flushes it
/// into here and then drains this before taking more input, so nothing grows without bound.
/// </summary>
internal sealed class StageOutbox(SiloExchange exchange, string job, long epoch, TopicOutput topics)
    : IStageOutput, IDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private readonly SliceNumbers _numbers = new(epoch);
    private readonly List<Slice> _slices = [];

    /// <inheritdoc/>
    public void Post(Slice slice)
    {
        _numbers.Stamp(slice);
        _slices.Add(slice);
    }

    /// <inheritdoc/>
    public void Append(in OutputBatch batch) => topics.Add(in batch);

    /// <summary>Completes when every slice is in its inbox and the topics have room for more.</summary>
    public ValueTask DrainAsync()
    {
        for (int i = 0; i < _slices.Count; i++)
        {
            ValueTask posted = exchange.PostAsync(AddressOf(_slices[i]), _slices[i], _closed.Token);
            if (!posted.IsCompletedSuccessfully)
                return new ValueTask(DrainFromAsync(posted, i + 1));
        }

        _slices.Clear();
        return topics.WhenRoomAsync();
    }

    /// <summary>Completes when everything that was ever appended is stored.</summary>
    public Task WhenStoredAsync() => topics.WhenStoredAsync();

    /// <summary>Releases who waits for room elsewhere: the epoch has ended.</summary>
    public void Dispose()
    {
        // Not disposed of: its token may be waited on at this moment, and without a timer it holds nothing.
        _closed.Cancel();
    }

    private async Task DrainFromAsync(ValueTask posted, int next)
    {
        await posted;
        for (int i = next; i < _slices.Count; i++)
            await exchange.PostAsync(AddressOf(_slices[i]), _slices[i], _closed.Token);
        _slices.Clear();
        await topics.WhenRoomAsync();
    }

    private GroupAddress AddressOf(Slice slice) => new(job, slice.Target.Operator, slice.Target.Group);
}

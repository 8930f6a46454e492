namespace Weir.Grains.Tests.Streams;

using System.Runtime.CompilerServices;

/// <summary>What a test has received so far; tests wait for what it holds, with a limit.</summary>
public sealed class Probe<T>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly List<T> _items = [];
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<T> Items
    {
        get
        {
            lock (_gate)
                return [.. _items];
        }
    }

    public void Add(T item)
    {
        lock (_gate)
        {
            _items.Add(item);
            _added.TrySetResult();
            _added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public async Task<IReadOnlyList<T>> UntilAsync(
        Func<IReadOnlyList<T>, bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            Task added;
            IReadOnlyList<T> items;
            lock (_gate)
            {
                added = _added.Task;
                items = [.. _items];
            }

            if (condition(items))
                return items;
            try
            {
                await added.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not within {Limit}: {what}; {items.Count} items");
            }
        }
    }

    public Task<IReadOnlyList<T>> UntilCountAsync(int count) =>
        UntilAsync(items => items.Count >= count, $"{count} items");
}

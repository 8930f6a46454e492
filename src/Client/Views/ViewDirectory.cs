namespace Weir.Client.Views;

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Weir.Client.Calls;
using Weir.Contracts;
using Weir.Contracts.Keys;

/// <summary>
/// Reaches the grains of keys, and keeps answers from going back in time: once an epoch of a job has answered, an older
/// one is asked again.
/// </summary>
internal sealed class ViewDirectory(WeirGrains grains, GrainCalls calls)
{
    private readonly ConcurrentDictionary<(string Job, string View), string> _operators = new();
    private readonly ConcurrentDictionary<string, long> _epochs = new(StringComparer.Ordinal);

    /// <summary>Asks the grain of a key of a view.</summary>
    /// <param name="place">The view and the key.</param>
    /// <param name="ask">Asks the grain.</param>
    /// <param name="validity">What an answer is valid for; null for no answer.</param>
    /// <param name="cancellation">Stops the wait.</param>
    public async Task<TAnswer> FindAsync<TAnswer>(
        KeyPlace place,
        Func<IKeyGrain, Task<TAnswer>> ask,
        Func<TAnswer, Validity?> validity,
        CancellationToken cancellation)
    {
        string what = $"find the key '{place.Key}' of the view '{place.View}' of the job '{place.Job}'";
        try
        {
            return await calls.AskAsync(
                async () =>
                {
                    string owner = await OperatorOfAsync(place.Job, place.View).ConfigureAwait(false);
                    TAnswer answer = await ask(grains.Key(place.Job, owner, place.Key)).ConfigureAwait(false);
                    CheckEpoch(place.Job, validity(answer)?.Epoch);
                    return answer;
                },
                what,
                cancellation).ConfigureAwait(false);
        }
        catch (WeirException)
        {
            // The job may be another one since: its next answer is asked for by what it says then.
            _operators.TryRemove((place.Job, place.View), out _);
            throw;
        }
    }

    /// <summary>Everything that an operator holds for a key.</summary>
    public Task<KeyReport?> InspectAsync(
        string job, string operatorName, string key, CancellationToken cancellation) => calls.AskAsync(
            async () =>
            {
                KeyReport? report = await grains.Key(job, operatorName, key).InspectAsync().ConfigureAwait(false);
                CheckEpoch(job, report?.Epoch);
                return report;
            },
            $"inspect the key '{key}' of the operator '{operatorName}' of the job '{job}'",
            cancellation);

    /// <summary>The keys of a view in their text form.</summary>
    public async IAsyncEnumerable<string> ListKeysAsync(
        string job, string view, int pageSize, [EnumeratorCancellation] CancellationToken cancellation)
    {
        IViewGrain grain = grains.View(job, view);
        string? from = null;
        do
        {
            string? at = from;
            KeysPage page = await calls.AskAsync(
                () => grain.ListKeysAsync(at, pageSize),
                $"list the keys of the view '{view}' of the job '{job}'",
                cancellation).ConfigureAwait(false);
            foreach (string key in page.Keys)
                yield return key;
            from = page.Next;
        }
        while (from is not null);
    }

    private async Task<string> OperatorOfAsync(string job, string view)
    {
        if (_operators.TryGetValue((job, view), out string? known))
            return known;
        ViewDescription description = await grains.View(job, view).DescribeAsync().ConfigureAwait(false);
        return _operators.GetOrAdd((job, view), description.Operator);
    }

    private void CheckEpoch(string job, long? epoch)
    {
        if (epoch is not { } answered)
            return;
        long newest = _epochs.AddOrUpdate(job, answered, (_, seen) => Math.Max(seen, answered));
        if (answered < newest)
        {
            throw new WeirException(
                WeirError.Unavailable,
                $"The answer is of epoch {answered} of the job '{job}', but epoch {newest} has answered before.");
        }
    }
}

/// <summary>A key of a view.</summary>
internal readonly record struct KeyPlace(string Job, string View, string Key);

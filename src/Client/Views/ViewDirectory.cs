namespace Weir.Client.Views;

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Weir.Client.Calls;
using Weir.Contracts;
using Weir.Contracts.Keys;

/// <summary>
/// Reaches the grains of keys, and keeps answers from going back in time: once an epoch of a job has answered, an older
/// one is asked again. Where the grain of a key does not answer, because its silo is gone or its group moves, the last
/// checkpoint is read from the store by whichever silo can be reached, and the answer says so.
/// </summary>
internal sealed class ViewDirectory(WeirGrains grains, GrainCalls calls)
{
    private readonly ConcurrentDictionary<(string Job, string View), string> _operators = new();
    private readonly ConcurrentDictionary<string, long> _epochs = new(StringComparer.Ordinal);

    /// <summary>Asks for a key of a view.</summary>
    /// <param name="place">The view and the key.</param>
    /// <param name="at">At which time of the job.</param>
    /// <param name="ask">Asks.</param>
    /// <param name="cancellation">Stops the wait.</param>
    public async Task<TAnswer> FindAsync<TAnswer>(
        KeyPlace place, ReadAt at, KeyQuestion<TAnswer> ask, CancellationToken cancellation)
    {
        string what = $"find the key '{place.Key}' of the view '{place.View}' of the job '{place.Job}'";
        try
        {
            return await calls.AskAsync(
                async () =>
                {
                    string owner = await OperatorOfAsync(place.Job, place.View).ConfigureAwait(false);
                    return await AskAsync(place with { View = owner }, at, ask).ConfigureAwait(false);
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
    public Task<KeyReport?> InspectAsync(KeyPlace place, ReadAt at, CancellationToken cancellation)
    {
        var ask = new KeyQuestion<KeyReport?>(
            grain => grain.InspectAsync(at), stored => stored.InspectAsync(place.Key, at), report => report?.Epoch);
        return calls.AskAsync(
            () => AskAsync(place, at, ask),
            $"inspect the key '{place.Key}' of the operator '{place.View}' of the job '{place.Job}'",
            cancellation);
    }

    /// <summary>The keys of a view in their text form.</summary>
    public async IAsyncEnumerable<string> ListKeysAsync(
        KeyPages pages, [EnumeratorCancellation] CancellationToken cancellation)
    {
        IViewGrain grain = grains.View(pages.Job, pages.View);
        string? from = null;
        do
        {
            string? at = from;
            KeysPage page = await calls.AskAsync(
                () => grain.ListKeysAsync(at, pages.Size, pages.At),
                $"list the keys of the view '{pages.View}' of the job '{pages.Job}'",
                cancellation).ConfigureAwait(false);
            foreach (string key in page.Keys)
                yield return key;
            from = page.Next;
        }
        while (from is not null);
    }

    private async Task<TAnswer> AskAsync<TAnswer>(KeyPlace place, ReadAt at, KeyQuestion<TAnswer> ask)
    {
        try
        {
            return Checked(await ask.OfKey(grains.Key(place.Job, place.View, place.Key)).ConfigureAwait(false));
        }
        catch (Exception fault) when (GrainCalls.IsNoAnswer(fault))
        {
            IStoredKeysGrain stored = grains.StoredKeys(place.Job, place.View);
            return Checked(await ask.OfStored(stored).ConfigureAwait(false));
        }

        // A checkpoint that is named is the same whoever answers.
        TAnswer Checked(TAnswer answer)
        {
            CheckEpoch(place.Job, at.Kind == ReadKind.AsOf ? null : ask.EpochOf(answer));
            return answer;
        }
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

/// <summary>A key of a view, or of an operator.</summary>
internal readonly record struct KeyPlace(string Job, string View, string Key);

/// <summary>The keys of a view, so many at a time, at one time of the job.</summary>
internal readonly record struct KeyPages(string Job, string View, int Size, ReadAt At);

/// <summary>What is asked about a key.</summary>
/// <param name="OfKey">Asks the grain of the key.</param>
/// <param name="OfStored">Asks what is stored.</param>
/// <param name="EpochOf">The epoch of an answer; null for none.</param>
internal readonly record struct KeyQuestion<TAnswer>(
    Func<IKeyGrain, Task<TAnswer>> OfKey, Func<IStoredKeysGrain, Task<TAnswer>> OfStored, Func<TAnswer, long?> EpochOf);

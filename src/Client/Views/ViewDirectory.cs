namespace Weir.Client.Views;

using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Weir.Client.Calls;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;

/// <summary>
/// Reaches the grains of keys, and keeps answers from going back in time: once an epoch of a job has answered, an older
/// one is asked again. Where the group of a key can be reckoned, it is asked itself, which saves the grain of the key:
/// a call, and an activation for every key; where it runs in this process, without any call. Where nobody answers,
/// because a silo is gone or a group moves, the last checkpoint is read from the store by whichever silo can be
/// reached, and the answer says so.
/// </summary>
internal sealed class ViewDirectory(WeirGrains grains, GrainCalls calls, ILocalGroups? local)
{
    // So many answers without a call take a quarter of a millisecond.
    private const int MostAtOnce = 128;
    private readonly ConcurrentDictionary<(string Job, string View), ViewDescription> _views = new();
    private readonly ConcurrentDictionary<string, long> _epochs = new(StringComparer.Ordinal);
    private uint _foundHere;

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
                    ViewDescription view = await DescribeAsync(place.Job, place.View).ConfigureAwait(false);
                    return await AskAsync(
                        place with { View = view.Operator },
                        at,
                        ask with { OfKey = grain => AskOwnerAsync(place, view, ask, grain) }).ConfigureAwait(false);
                },
                what,
                cancellation).ConfigureAwait(false);
        }
        catch (WeirException)
        {
            // The job may be another one since: its next answer is asked for by what it says then.
            _views.TryRemove((place.Job, place.View), out _);
            throw;
        }
    }

    /// <summary>What is known of a view without asking, or null.</summary>
    public ViewDescription? Known(string job, string view) => _views.GetValueOrDefault((job, view));

    /// <summary>Asks a group that runs in this process, if it can answer at once and is no older than what has answered.
    /// </summary>
    public GroupAnswer? TryFindHere(in KeyOfGroup key) =>
        local?.TryFind(in key) is { } found && (found.Answer is not { } answer || IsNewest(key.Job, answer.Validity.Epoch))
            ? found
            : null;

    /// <summary>
    /// Whether the caller should let others have its thread now: one who asks for key after key would never wait for an
    /// answer otherwise, and events would wait for it.
    /// </summary>
    public bool IsOthersTurn() => Interlocked.Increment(ref _foundHere) % MostAtOnce == 0;

    /// <summary>A key group of an operator.</summary>
    public IKeyGroupGrain Group(string job, int operatorIndex, int group) => grains.Group(job, operatorIndex, group);

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

    // The group that was reckoned, unless it says that it is not the one; then the grain of the key, which always is.
    private async Task<TAnswer> AskOwnerAsync<TAnswer>(
        KeyPlace place, ViewDescription view, KeyQuestion<TAnswer> ask, IKeyGrain key)
    {
        if (ask.OfGroup?.Invoke(view) is { } asked)
        {
            (bool isHere, TAnswer answer) = await asked.ConfigureAwait(false);
            if (isHere)
                return answer;
            await LookAgainAsync(place, view).ConfigureAwait(false);
        }

        return await ask.OfKey(key).ConfigureAwait(false);
    }

    private async Task<ViewDescription> DescribeAsync(string job, string view)
    {
        if (_views.TryGetValue((job, view), out ViewDescription? known))
            return known;
        ViewDescription description = await grains.View(job, view).DescribeAsync().ConfigureAwait(false);
        return _views.GetOrAdd((job, view), description);
    }

    // The job may be another one since. If it is not, this client reckons otherwise than its silos, and does so no more.
    private async Task LookAgainAsync(KeyPlace place, ViewDescription stale)
    {
        ViewDescription fresh = await grains.View(place.Job, place.View).DescribeAsync().ConfigureAwait(false);
        _views[(place.Job, place.View)] = fresh == stale ? fresh with { Groups = 0 } : fresh;
    }

    private void CheckEpoch(string job, long? epoch)
    {
        if (epoch is { } answered && !IsNewest(job, answered))
        {
            throw new WeirException(
                WeirError.Unavailable,
                $"The answer is of epoch {answered} of the job '{job}', but epoch {_epochs[job]} has answered before.");
        }
    }

    private bool IsNewest(string job, long epoch) =>
        (_epochs.TryGetValue(job, out long seen) && seen == epoch)
        || _epochs.AddOrUpdate(job, epoch, (_, before) => Math.Max(before, epoch)) == epoch;
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
    Func<IKeyGrain, Task<TAnswer>> OfKey, Func<IStoredKeysGrain, Task<TAnswer>> OfStored, Func<TAnswer, long?> EpochOf)
{
    /// <summary>
    /// Asks the group of the key, which says whether it is the one; null if the view's groups can not be reckoned.
    /// Default: none is asked.
    /// </summary>
    public Func<ViewDescription, Task<(bool IsHere, TAnswer Answer)>?>? OfGroup { get; init; }
}

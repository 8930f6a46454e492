namespace Weir.Client.Views;

using System.Runtime.CompilerServices;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>A view with the types of its keys and values.</summary>
internal sealed class KeyedView<TKey, TValue>(
    ViewDirectory views, string job, View<TKey, TValue> view, CodecRegistry codecs) : IKeyedView<TKey, TValue>
    where TKey : notnull
{
    private readonly Codec<TKey>? _keyCodec = (Codec<TKey>?)codecs.TryFind(typeof(TKey));
    private readonly Codec<TValue> _valueCodec = codecs.For<TValue>();
    private ReadAt _at;

    public IKeyedView<TKey, TValue> At(ReadAt at) => new KeyedView<TKey, TValue>(views, job, view, codecs) { _at = at };

    public async Task<ViewAnswer<TValue>?> FindAsync(TKey key, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellation.ThrowIfCancellationRequested();
        if (TryFindHere(key) is not { } here)
            return AnswerOf(await AskAsync(key, cancellation).ConfigureAwait(false), key);
        if (views.IsOthersTurn())
            await Task.Yield();
        return AnswerOf(here.Answer, key);
    }

    public async IAsyncEnumerable<TKey> ListKeysAsync(
        int pageSize = 1000, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageSize, 10_000);
        var pages = new KeyPages(job, view.Name, pageSize, _at);
        await foreach (string key in views.ListKeysAsync(pages, cancellation).ConfigureAwait(false))
            yield return (TKey)KeyText.Parse(typeof(TKey), key);
    }

    private GroupAnswer? TryFindHere(TKey key) =>
        _at == ReadAt.Live && views.Known(job, view.Name) is { } owner && GroupOf(key, owner) is { } group
            ? views.TryFindHere(in group)
            : null;

    private Task<WireAnswer?> AskAsync(TKey key, CancellationToken cancellation)
    {
        KeyPlace place = PlaceOf(key);
        return views.FindAsync(
            place,
            _at,
            new KeyQuestion<WireAnswer?>(
                grain => grain.FindAsync(_at),
                stored => stored.FindAsync(place.Key, _at),
                found => found?.Validity.Epoch)
            {
                OfGroup = owner => GroupOf(key, owner) is { } group ? AskAsync(group) : null,
            },
            cancellation);
    }

    // Keys of another type than the job's may have the same text, as 5 and "5" do, or a record its members in another order;
    // but their bytes, and so their group, are not the same. What the codec refuses has a text as well.
    private KeyOfGroup? GroupOf(TKey key, ViewDescription owner)
    {
        if (owner.Groups == 0 || _keyCodec?.Schema != owner.KeySchema)
            return null;
        var bytes = new ByteWriter();
        try
        {
            _keyCodec!.Write(bytes, in key);
        }
        catch (InvalidOperationException)
        {
            return null;
        }

        int group = KeyGroups.Of(key, _keyCodec, owner.Groups);
        return new KeyOfGroup(job, owner.OperatorIndex, group, view.Name, bytes.WrittenMemory);
    }

    private async Task<(bool IsHere, WireAnswer? Answer)> AskAsync(KeyOfGroup key)
    {
        IKeyGroupGrain group = views.Group(key.Job, key.Operator, key.Group);
        GroupAnswer found = await group.FindOfAsync(key.View, key.Key, _at).ConfigureAwait(false);
        return (found.IsHere, found.Answer);
    }

    private KeyPlace PlaceOf(TKey key) => new(job, view.Name, KeyText.Format(key));

    private ViewAnswer<TValue>? AnswerOf(WireAnswer? answer, TKey key) =>
        answer is null ? null : ViewAnswer<TValue>.Of(Read(answer.Value, key), answer.Validity);

    private TValue Read(ReadOnlyMemory<byte> bytes, TKey key)
    {
        try
        {
            return _valueCodec.Read(new ByteReader(bytes));
        }
        catch (CorruptDataException fault)
        {
            KeyPlace place = PlaceOf(key);
            throw new WeirException(
                WeirError.InvalidValue,
                $"What the view '{place.View}' of the job '{place.Job}' holds for the key '{place.Key}' can not be "
                + $"read as {typeof(TValue).Name}: {fault.Message}. Is the view of another type?",
                fault);
        }
    }
}

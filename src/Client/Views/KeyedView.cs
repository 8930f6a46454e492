namespace Weir.Client.Views;

using System.Runtime.CompilerServices;
using Weir.Contracts;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>A view with the types of its keys and values.</summary>
internal sealed class KeyedView<TKey, TValue>(
    ViewDirectory views, string job, View<TKey, TValue> view, Codec<TValue> codec) : IKeyedView<TKey, TValue>
    where TKey : notnull
{
    public async Task<ViewAnswer<TValue>?> FindAsync(TKey key, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var place = new KeyPlace(job, view.Name, KeyText.Format(key));
        WireAnswer? answer = await views.FindAsync(
            place, grain => grain.FindAsync(), found => found?.Validity, cancellation).ConfigureAwait(false);
        if (answer is null)
            return null;
        Validity validity = answer.Validity;
        return new ViewAnswer<TValue>(
            Read(answer.Value, place), validity.Window, validity.IsFinal, validity.Watermark, validity.Epoch);
    }

    public async IAsyncEnumerable<TKey> ListKeysAsync(
        int pageSize = 1000, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageSize, 10_000);
        await foreach (string key in views.ListKeysAsync(job, view.Name, pageSize, cancellation).ConfigureAwait(false))
            yield return (TKey)KeyText.Parse(typeof(TKey), key);
    }

    private TValue Read(ReadOnlyMemory<byte> bytes, KeyPlace place)
    {
        try
        {
            return codec.Read(new ByteReader(bytes));
        }
        catch (CorruptDataException fault)
        {
            throw new WeirException(
                WeirError.InvalidValue,
                $"What the view '{place.View}' of the job '{place.Job}' holds for the key '{place.Key}' can not be "
                + $"read as {typeof(TValue).Name}: {fault.Message}. Is the view of another type?",
                fault);
        }
    }
}

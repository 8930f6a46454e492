namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Snapshots;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// What all operators with keys share: the table of keys, timers, the view, and the form of a key's record in a
/// segment. Invariant: a key has a row exactly while it owns something.
/// </summary>
internal abstract partial class KeyedOperator<TKey, TOut> : KeyedOperator
    where TKey : notnull
{
    private readonly Codec<TKey> _keyCodec;
    private readonly KeyHasher<TKey> _hasher;
    private readonly string _name;

    protected KeyedOperator(OperatorNode<TKey, TOut> node, Stage stage)
        : base(stage.Plan)
    {
        _name = node.Name;
        _keyCodec = stage.Plan.Codecs.For<TKey>();
        _hasher = KeyHasher<TKey>.For(_keyCodec);
        Output = node.Receivers(stage);
        if (node.View is { } view)
            View = ViewColumn.Create(view, stage.Plan.Codecs);
    }

    public override int Rows => Keys.Count;

    public override long NextBirth
    {
        get => Keys.NextBirth;
        set => Keys.NextBirth = value;
    }

    protected KeyTable<TKey> Keys { get; } = new();

    protected sealed override bool IsCopying => Keys.IsCopying;

    protected Receiver<TOut> Output { get; }

    protected ViewColumn? View { get; }

    /// <summary>
    /// What the bytes of a row mean, in words: state written under one schema must not be read under another.
    /// </summary>
    protected abstract string StateSchema { get; }

    /// <summary>Whether the row owns nothing beside the view.</summary>
    protected abstract bool IsRowEmpty(int row);

    protected abstract void WriteRow(int row, ByteWriter writer, RowTimers timers);

    protected abstract void ReadRow(int row, ByteReader reader, RowTimers timers);

    protected abstract void InspectRow(
        int row, List<OpenWindow> windows, List<PendingTimer> timers, List<HeldState> state);

    /// <summary>As <see cref="InspectRow"/>, of a key that has no row; false if there is no such key.</summary>
    protected virtual bool InspectOther(TKey key, List<OpenWindow> windows, List<PendingTimer> timers) => false;

    /// <summary>What the view shows of a row, or null.</summary>
    protected abstract ViewReading? ReadView(int row);

    /// <summary>Everything has been read.</summary>
    protected virtual void AfterRead()
    {
    }

    /// <summary>Somebody is about to look at everything: all of it has to be where it belongs.</summary>
    protected virtual void BeforeLook()
    {
    }

    /// <summary>Whether the row is in quarantine, and so must stay though it may own nothing else.</summary>
    protected virtual bool IsHeld(int row) => false;

    /// <summary>The quarantine of a row, or null.</summary>
    protected virtual QuarantinedKey? HeldOf(int row) => null;

    protected virtual void WriteHeld(int row, ByteWriter writer) => writer.WriteBool(false);

    protected virtual void ReadHeld(int row, ByteReader reader)
    {
        if (reader.ReadBool())
            throw new CorruptDataException($"'{_name}' can not hold keys in quarantine");
    }

    /// <summary>Refuses a quarantine that has been read and could not be released or discarded.</summary>
    protected virtual void CheckHeld()
    {
    }

    // A slice of another process can hold an event whose key is null; a row of null could never be restored.
    protected int RowOf(TKey key) => RowOf(key, key is null ? 0 : _hasher.Hash(key));

    protected int RowOf(TKey key, uint hash) => key is null ? throw NoKey() : Touched(Keys.GetOrAdd(key, hash));

    protected OperatorFailedException NoKey() => new(
        new FailedCall(_name, null, EventTime.None, null),
        new CorruptDataException("an event of the slice has no key"));

    protected uint HashOf(TKey key) => _hasher.Hash(key);

    /// <summary>Many keys are about to change at once: a capture copies what it has not copied yet.</summary>
    protected void FinishCopying() => Keys.CopyNext(int.MaxValue);

    // Whatever has a row may change it.
    private int Touched(int row)
    {
        Keys.Touch(row);
        return row;
    }

    protected void RemoveRowIfEmpty(int row)
    {
        if (IsRowEmpty(row) && !IsHeld(row) && View?.IsEmpty(row) != false)
            Keys.Remove(row);
    }

    public sealed override ViewReading? Find(ReadOnlyMemory<byte> key) =>
        FindRow(key) is >= 0 and var row ? ReadView(row) : null;

    public sealed override KeyInspection? Inspect(ReadOnlyMemory<byte> key, int group)
    {
        TKey known = KeyFrom(key);
        List<OpenWindow> windows = [];
        List<PendingTimer> timers = [];
        List<HeldState> state = [];
        BeforeLook();
        int row = Find(known);
        if (row >= 0)
            InspectRow(row, windows, timers, state);
        else if (!InspectOther(known, windows, timers))
            return null;
        return new KeyInspection(
            known, group, Watermark, Clock,
            [.. windows.OrderBy(window => window.Window.Start)],
            [.. timers.OrderBy(timer => timer.Time)],
            state)
        {
            Quarantine = row < 0 ? null : HeldOf(row),
        };
    }

    public sealed override KeyPage ViewKeys(long from, int limit)
    {
        var keys = new List<object>();
        foreach (int row in Keys.InOrder())
        {
            if (Keys.Birth(row) < from || ReadView(row) is null)
                continue;
            if (keys.Count == limit)
                return new KeyPage(keys, Keys.Birth(row));
            keys.Add(Keys.Key(row));
        }

        return new KeyPage(keys, null);
    }

    /// <summary>The row of a key, or -1.</summary>
    protected int Find(TKey key) => Keys.Find(key, _hasher.Hash(key));

    /// <summary>The row of a key given as bytes, or -1.</summary>
    protected int FindRow(ReadOnlyMemory<byte> bytes) => Find(KeyFrom(bytes));

    private TKey KeyFrom(ReadOnlyMemory<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        TKey key = _keyCodec.Read(reader);
        if (key is null || reader.Remaining > 0)
            throw new CorruptDataException($"the bytes are no key of '{_name}'");
        return key;
    }
}

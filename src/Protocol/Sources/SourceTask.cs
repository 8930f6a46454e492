namespace Weir.Protocol.Sources;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// A source partition in one epoch: it reads each batch once and in order, says where it stands at a barrier, and keeps
/// the digest of its input since the last complete checkpoint. Invariant: the digests of complete checkpoints cover the
/// input without a gap, whatever was given up between them.
/// </summary>
/// <remarks>
/// Ticks alone change nothing that a checkpoint would have to hold: whoever restores it reads them again. So that they
/// do not become too many to read, every <see cref="TicksPerCheckpoint"/> of them count as a change.
/// Complete at 1 (offset 10), cuts 2 at 25 and 3 at 40: if 2 was given up, 3 covers 10 to 40; if 2 is complete, 3 covers
/// 25 to 40. If nobody said what became of 2, 3 covers 10 to 40 as well: a digest names its own beginning.
/// </remarks>
public sealed class SourceTask
{
    /// <summary>So many ticks without anything else are a change.</summary>
    public const int TicksPerCheckpoint = 60;

    private readonly SourceReader _reader;
    private readonly List<(long Number, InputDigest Since)> _cuts = [];
    private readonly List<InputDigest> _expected = [];
    private readonly List<(InputDigest Expected, InputDigest Found)> _comparing = [];
    private InputDigest _input;
    private InputDigest _last;
    private long _passed;
    private int _ticks;

    /// <summary>Begins at an offset.</summary>
    public SourceTask(SourceProgram program, long from)
    {
        ArgumentNullException.ThrowIfNull(program);
        _reader = new SourceReader(program);
        program.StartAt(from);
        _input = _last = InputDigest.At(from);
    }

    /// <summary>Goes on where a checkpoint stands.</summary>
    /// <exception cref="CorruptDataException">The state is damaged.</exception>
    public SourceTask(SourceProgram program, SourceCut cut)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(cut);
        _reader = new SourceReader(program);
        program.Read(new ByteReader(cut.State));
        if (program.Next != cut.Next)
            throw new CorruptDataException($"a source stands at {program.Next} and its checkpoint at {cut.Next}");
        _input = InputDigest.At(cut.Next);
        _last = cut.Last;
    }

    /// <summary>The program that it feeds.</summary>
    public SourceProgram Program => _reader.Program;

    /// <summary>The offset of the first event not read.</summary>
    public long Next => _reader.Next;

    /// <summary>The last batch that was read; what a restore reads again and gives to <see cref="VerifyLast"/>. Empty
    /// if none was.</summary>
    public InputDigest Last => _last;

    /// <summary>The last checkpoint that it was cut for; 0: none in this epoch.</summary>
    public long LastCut { get; private set; }

    /// <summary>Whether anything has come since then that a checkpoint must hold.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>What a delivery of offsets <c>[from, next)</c> is.</summary>
    public Admission Admit(long from, long next) => _reader.Admit(from, next);

    /// <summary>Processes a batch of an admitted delivery unless it was read before. True if it was processed.</summary>
    /// <exception cref="SourceFailedException">An event can not be decoded, or a function failed on it.</exception>
    /// <exception cref="InputChangedException">The input is not what a later checkpoint was taken of.</exception>
    public bool Read(in EventBatch batch)
    {
        if (_reader.Unread(batch) is not { } unread)
            return false;
        (EventTime watermark, bool wasIdle) = (Program.Watermark, Program.IsIdle);
        _reader.Process(in unread);
        HasChanged |= batch.Kind != BatchKind.Tick || Program.Watermark != watermark || Program.IsIdle != wasIdle
            || ++_ticks >= TicksPerCheckpoint;
        foreach (EventBatch unit in BatchHash.UnitsOf(unread))
            Count(in unit);
        return true;
    }

    /// <summary>
    /// Where it stands: what checkpoint <paramref name="number"/> holds of it. The barrier is to be emitted before the
    /// next batch is read. Null if that checkpoint, or one after it, was cut or given up before: then there is nothing
    /// to do.
    /// </summary>
    public SourceCut? Cut(long number)
    {
        if (number <= _passed)
            return null;
        _passed = LastCut = number;
        (HasChanged, _ticks) = (false, 0);
        var state = new ByteWriter();
        Program.Write(state);
        _cuts.Add((number, InputDigest.At(Next)));
        return new SourceCut(Next, state.ToArray(), _input, _last);
    }

    /// <summary>The input was ended by hand.</summary>
    public void Drained() => HasChanged = true;

    /// <summary>A checkpoint is complete: later digests begin there.</summary>
    public void Complete(long number)
    {
        int index = _cuts.FindIndex(cut => cut.Number == number);
        if (index >= 0)
            _input = _cuts[index].Since;
        _cuts.RemoveAll(cut => cut.Number <= number);
    }

    /// <summary>A checkpoint, and any before it, was given up: its input belongs to the next one.</summary>
    public void Abort(long number)
    {
        _passed = Math.Max(_passed, number);
        _cuts.RemoveAll(cut => cut.Number <= number);
    }

    /// <summary>Compares the last batch before a restored checkpoint with the same batch read anew.</summary>
    /// <exception cref="InputChangedException">It is another one.</exception>
    public void VerifyLast(in EventBatch batch)
    {
        InputDigest found = BatchHash.Alone(in batch);
        if (found != _last)
            throw Changed(_last, found);
    }

    /// <summary>
    /// Digests of checkpoints later than the restored one: they are compared as soon as their input has been read.
    /// </summary>
    public void Expect(IEnumerable<InputDigest> digests)
    {
        _expected.AddRange(digests.Where(digest => digest.From >= Next && digest.Next > digest.From));
        Begin(Next);
    }

    private void Count(in EventBatch unit)
    {
        ulong hash = BatchHash.Of(in unit);
        _input = BatchHash.Append(_input, unit.Next, hash);
        _last = BatchHash.Append(InputDigest.At(unit.FirstOffset), unit.Next, hash);
        for (int i = 0; i < _cuts.Count; i++)
            _cuts[i] = (_cuts[i].Number, BatchHash.Append(_cuts[i].Since, unit.Next, hash));
        if (_expected.Count + _comparing.Count > 0)
            Compare(in unit, hash);
    }

    private void Compare(in EventBatch batch, ulong hash)
    {
        for (int i = _comparing.Count - 1; i >= 0; i--)
        {
            (InputDigest expected, InputDigest found) = _comparing[i];
            found = BatchHash.Append(found, batch.Next, hash);
            _comparing[i] = (expected, found);
            if (batch.Next < expected.Next)
                continue;
            if (found != expected)
                throw Changed(expected, found);
            _comparing.RemoveAt(i);
        }

        // A checkpoint stands between batches: one that would begin inside of this one was taken of other batches.
        long next = batch.Next;
        int inside = _expected.FindIndex(digest => digest.From < next);
        if (inside >= 0)
            throw Changed(_expected[inside], BatchHash.Alone(in batch));
        Begin(next);
    }

    private void Begin(long from)
    {
        foreach (InputDigest digest in _expected.Where(digest => digest.From == from))
            _comparing.Add((digest, InputDigest.At(from)));
        _expected.RemoveAll(digest => digest.From == from);
    }

    private InputChangedException Changed(InputDigest expected, InputDigest found) =>
        new(Program.Topic, Program.Partition, expected, found);
}

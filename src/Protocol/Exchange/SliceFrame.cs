namespace Weir.Protocol.Exchange;

using Weir.Engine.Codecs;
using Weir.Engine.Operators;

/// <summary>
/// Slices of one operator for the key groups of another silo, as one block of bytes. Invariant: the slices of a channel
/// stand one after the other, with consecutive numbers.
/// </summary>
/// <remarks>
/// The job's name and the operator, then one run per channel: group, channel, edge, epoch, the number of its first slice,
/// how many there are, and the slices, each with its length. A run of 3 slices from number 17 on has 17, 18 and 19.
/// </remarks>
public sealed class SliceFrame
{
    private SliceFrame(string job, int operatorIndex, IReadOnlyList<SliceRun> runs) =>
        (Job, Operator, Runs) = (job, operatorIndex, runs);

    /// <summary>The job.</summary>
    public string Job { get; }

    /// <summary>The operator, by index.</summary>
    public int Operator { get; }

    /// <summary>The slices, by channel.</summary>
    public IReadOnlyList<SliceRun> Runs { get; }

    /// <summary>Begins a frame.</summary>
    public static void Begin(ByteWriter writer, string job, int operatorIndex)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteString(job);
        writer.WriteVarint((ulong)operatorIndex);
    }

    /// <summary>Adds a run to a frame.</summary>
    /// <param name="writer">The frame.</param>
    /// <param name="target">Where the slices go.</param>
    /// <param name="numbers">Their epoch, the number of the first, and how many there are.</param>
    /// <param name="slices">The slices, each as a blob.</param>
    public static void Add(
        ByteWriter writer, SliceTarget target, (long Epoch, long First, int Count) numbers, ReadOnlySpan<byte> slices)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteVarint((ulong)target.Group);
        writer.WriteVarint((ulong)target.Channel);
        writer.WriteVarint((ulong)target.Edge);
        writer.WriteVarint((ulong)numbers.Epoch);
        writer.WriteVarint((ulong)numbers.First);
        writer.WriteVarint((ulong)numbers.Count);
        writer.WriteBytes(slices);
    }

    /// <summary>Reads a frame; the slices themselves stay bytes.</summary>
    /// <exception cref="CorruptDataException">The bytes are no frame.</exception>
    public static SliceFrame Decode(ReadOnlyMemory<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        string job = reader.ReadString() ?? throw new CorruptDataException("a frame of slices names no job");
        int operatorIndex = Index(reader);
        var runs = new List<SliceRun>();
        while (reader.Remaining > 0)
        {
            var target = new SliceTarget(operatorIndex, Index(reader), Index(reader), Index(reader));
            long epoch = Number(reader);
            long first = Number(reader);
            var slices = new ReadOnlyMemory<byte>[reader.ReadCount()];
            if (first > long.MaxValue - slices.Length)
                throw new CorruptDataException($"a run of slices begins at the impossible number {first}");
            for (int i = 0; i < slices.Length; i++)
                slices[i] = reader.ReadBlob();
            runs.Add(new SliceRun(target, epoch, first, slices));
        }

        return new SliceFrame(job, operatorIndex, runs);
    }

    private static int Index(ByteReader reader)
    {
        ulong value = reader.ReadVarint();
        return value <= int.MaxValue
            ? (int)value
            : throw new CorruptDataException($"a frame of slices has the impossible index {value}");
    }

    private static long Number(ByteReader reader)
    {
        ulong value = reader.ReadVarint();
        return value <= long.MaxValue
            ? (long)value
            : throw new CorruptDataException($"a frame of slices has the impossible number {value}");
    }
}

/// <summary>Slices of one channel in a frame.</summary>
/// <param name="Target">Where they go.</param>
/// <param name="Epoch">The epoch of their sender.</param>
/// <param name="First">The number of the first.</param>
/// <param name="Slices">Each as the plan of the job reads it.</param>
public readonly record struct SliceRun(
    SliceTarget Target, long Epoch, long First, IReadOnlyList<ReadOnlyMemory<byte>> Slices);

/// <summary>What became of the slices of one channel in a frame.</summary>
/// <param name="Taken">How many were taken, from the first on.</param>
/// <param name="Outcome">Why the next was not.</param>
public readonly record struct RunAnswer(int Taken, RunOutcome Outcome)
{
    /// <summary>Writes the answers to a frame, in the order of its runs.</summary>
    public static ReadOnlyMemory<byte> Encode(IEnumerable<RunAnswer> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        var writer = new ByteWriter();
        foreach (RunAnswer answer in answers)
        {
            writer.WriteVarint((ulong)answer.Taken);
            writer.WriteByte((byte)answer.Outcome);
        }

        return writer.Detach();
    }

    /// <summary>Reads the answers to a frame.</summary>
    /// <exception cref="CorruptDataException">They are no answers to it.</exception>
    public static RunAnswer[] Decode(ReadOnlyMemory<byte> bytes, IReadOnlyList<int> sent)
    {
        ArgumentNullException.ThrowIfNull(sent);
        var reader = new ByteReader(bytes);
        var answers = new RunAnswer[sent.Count];
        for (int i = 0; i < answers.Length; i++)
        {
            ulong taken = reader.ReadVarint();
            byte outcome = reader.ReadByte();
            if (taken > (ulong)sent[i] || outcome > (byte)RunOutcome.Over)
                throw new CorruptDataException($"of {sent[i]} slices {taken} were taken, outcome {outcome}");
            answers[i] = new RunAnswer((int)taken, (RunOutcome)outcome);
        }

        return reader.Remaining == 0
            ? answers
            : throw new CorruptDataException($"{reader.Remaining} bytes of the answer to a frame were not understood");
    }
}

/// <summary>See <see cref="RunAnswer"/>.</summary>
public enum RunOutcome
{
    /// <summary>All were taken.</summary>
    Taken = 0,

    /// <summary>There is no room for more.</summary>
    Full = 1,

    /// <summary>The group is not there, or not in this epoch yet.</summary>
    NotHere = 2,

    /// <summary>The epoch is over.</summary>
    Over = 3,
}

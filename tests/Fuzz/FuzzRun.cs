namespace Weir.Fuzz;

using System.Diagnostics;
using Weir.Fuzz.Inputs;

/// <summary>
/// Gives one decoder its inputs. Each must be accepted, or refused with the documented exception, in bounded time and
/// with memory in proportion to its bytes: a length inside of them must not ask for more than they could hold.
/// What a valid input takes, for the program around the decoder, is not counted.
/// </summary>
/// <remarks>
/// The inputs are tried on a thread of their own, so that one that never ends is named and the rest of the run goes on.
/// </remarks>
public sealed class FuzzRun(Decoder decoder, FuzzOptions options)
{
    private const long BytesPerByte = 64;
    private const long BytesMore = 64 << 10;
    private const int MaxFailures = 20;
    private readonly Dictionary<string, FuzzFailure> _failures = [];
    private readonly Dictionary<Sample, long> _ownBytes = new(ReferenceEqualityComparer.Instance);
    private long _index = -1;
    private long _accepted;
    private long _refused;
    private long _slowest;

    private readonly record struct Cost(TimeSpan Time, long Bytes);

    private enum Answer
    {
        Accepted,
        Refused,
    }

    /// <summary>Tries all inputs.</summary>
    public FuzzResult Run()
    {
        var thread = new Thread(TryAll) { IsBackground = true };
        thread.Start();
        long seen = -1;
        while (!thread.Join(options.StuckAfter))
        {
            long index = Interlocked.Read(ref _index);
            if (index == seen)
                return Stuck(index);
            seen = index;
        }

        return Result(options.Inputs);
    }

    private void TryAll()
    {
        foreach (Sample sample in decoder.Samples)
        {
            // The second time shows what the program around takes; the first also compiles it.
            TryOnce(sample, sample.Bytes, out _, out _);
            string? wrong = TryOnce(sample, sample.Bytes, out Answer answer, out Cost cost);
            _ownBytes[sample] = cost.Bytes;
            if (wrong is not null || answer == Answer.Refused)
                Fail($"the valid sample '{sample.Name}' is refused: {wrong}");
        }

        for (long i = 0; i < options.Inputs && _failures.Count < MaxFailures; i++)
        {
            Interlocked.Exchange(ref _index, options.From + i);
            (Sample sample, byte[] bytes) = decoder.InputAt(options.Seed, options.From + i);
            if (Try(sample, bytes, out Answer answer) is { } wrong)
                Fail($"{wrong} (made of '{sample.Name}', {bytes.Length} bytes)");
            else if (answer == Answer.Accepted)
                _accepted++;
            else
                _refused++;
        }
    }

    /// <summary>
    /// What is wrong with how the input was taken, or null. Time and memory beyond the limits count when they are needed
    /// three times: other work on the machine, or a cache that is filled, looks alike once.
    /// </summary>
    private string? Try(Sample sample, byte[] bytes, out Answer answer)
    {
        string? wrong = TryOnce(sample, bytes, out answer, out Cost cost);
        _slowest = Math.Max(_slowest, cost.Time.Ticks);
        for (int again = 0; again < 2 && wrong is null && Excess(sample, bytes, cost) is not null; again++)
            wrong = TryOnce(sample, bytes, out answer, out cost);
        return wrong ?? Excess(sample, bytes, cost);
    }

    private string? TryOnce(Sample sample, byte[] bytes, out Answer answer, out Cost cost)
    {
        string? wrong = null;
        answer = Answer.Accepted;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long began = Stopwatch.GetTimestamp();
        try
        {
            sample.Decode(bytes);
        }
        catch (Exception fault)
        {
            answer = Answer.Refused;
            if (!decoder.IsRefusal(fault))
                wrong = fault.ToString();
        }

        cost = new Cost(Stopwatch.GetElapsedTime(began), GC.GetAllocatedBytesForCurrentThread() - allocated);
        return wrong;
    }

    private string? Excess(Sample sample, byte[] bytes, Cost cost)
    {
        if (cost.Time > options.SlowAfter)
            return $"it took {cost.Time.TotalSeconds:F1} s";
        long around = BytesMore + sample.BytesAround + _ownBytes.GetValueOrDefault(sample);
        return cost.Bytes > (BytesPerByte * bytes.Length) + around
            ? $"{cost.Bytes} bytes were allocated for {bytes.Length}"
            : null;
    }

    // Failures of one kind differ in numbers only; the place where they come from tells kinds apart.
    private void Fail(string what)
    {
        string[] lines = what.Split('\n');
        string place = lines.FirstOrDefault(line => line.TrimStart().StartsWith("at Weir.", StringComparison.Ordinal)) ?? "";
        string kind = new([.. lines[0].Where(letter => !char.IsDigit(letter)).Take(60)]);
        lock (_failures)
            _failures.TryAdd(kind + place, new FuzzFailure(decoder.Name, options.Seed, Math.Max(_index, 0), what));
    }

    private FuzzResult Stuck(long index)
    {
        Fail($"it does not end within {options.StuckAfter.TotalSeconds} s");
        return Result(index - options.From + 1);
    }

    private FuzzResult Result(long inputs)
    {
        lock (_failures)
        {
            return new FuzzResult(decoder.Name, inputs, _accepted, _refused)
            {
                Slowest = new TimeSpan(_slowest),
                Failures = [.. _failures.Values],
            };
        }
    }
}

namespace Weir.Protocol.Tests.Sources;

using CsCheck;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Sources;

/// <summary>A source whose batches come in parts: its digests, and deliveries that overlap.</summary>
public sealed class BatchPartTaskTests
{
    private static readonly EventBatch[] Units =
    [
        .. Enumerable.Range(0, 40).Select(i => SampleJob.Batch(i, new Reading($"k{i % 3}", i)) with
        {
            Part = i % 10 == 0 ? BatchPart.First : BatchPart.Next,
            Stamp = new EventTime(i / 10),
        }),
    ];

    [Fact]
    public void HoweverItIsDelivered_ADigestAndTheLastEventAreTheSame() =>
        Gen.Select(Gen.Select(Gen.Int[0, 40], Gen.Int[1, 12]).Array[120], Gen.Int[1, 39]).Sample((deliveries, cutAt) =>
        {
            SourceTask task = NewTask();
            SourceCut? cut = null;
            foreach ((int start, int length) in deliveries.Append((0, 40)))
            {
                // Deliveries repeat, overlap and run ahead; a part may begin inside of what was read.
                EventBatch[] parts = [.. Joined(Math.Min(start, (int)task.Next), Math.Min(40, start + length))];
                if (parts.Length == 0 || task.Admit(parts[0].From, parts[^1].Next) != Admission.Continues)
                    continue;
                foreach (EventBatch part in parts)
                {
                    task.Read(in part);
                    if (cut is null && task.Next >= cutAt)
                        cut = task.Cut(1);
                }
            }

            Assert.Equal(40, task.Next);
            Assert.Equal(Digest(0, 40), task.Cut(2)!.Input);
            Assert.Equal(Digest(39, 40), task.Last);
            Assert.Equal(Digest(0, (int)cut!.Next), cut.Input);
        });

    [Fact]
    public void ARestoredSource_ComparesTheLastEvent_AndLaterDigestsInsideOfAPart()
    {
        SourceTask task = NewTask();
        ReadAll(task, 0, 13);
        SourceCut cut = task.Cut(1)!;
        task.Complete(1);
        ReadAll(task, 13, 17);
        InputDigest later = task.Cut(2)!.Input;
        var restored = new SourceTask(SampleJob.Plan().CreateSource(0, 0), cut);
        restored.VerifyLast(in Units[12]);
        restored.VerifyLast(Joined(12, 15).First());
        Assert.Throws<InputChangedException>(() => restored.VerifyLast(Units[12] with { Part = BatchPart.First }));
        restored.Expect([later]);
        ReadAll(restored, 13, 40);
        Assert.Equal(Digest(13, 40), restored.Cut(2)!.Input);
        var other = new SourceTask(SampleJob.Plan().CreateSource(0, 0), cut);
        other.Expect([later]);
        Assert.Throws<InputChangedException>(() =>
            other.Read(SampleJob.Batch(13, [.. Enumerable.Repeat(new Reading("x", 1), 5)]) with { Part = BatchPart.Next }));
    }

    private static SourceTask NewTask() => new(SampleJob.Plan().CreateSource(0, 0), from: 0);

    private static void ReadAll(SourceTask task, int from, int to)
    {
        foreach (EventBatch part in Joined(from, to))
            task.Read(in part);
    }

    /// <summary>The parts of a stretch, each as long as its batch allows.</summary>
    private static IEnumerable<EventBatch> Joined(int from, int to)
    {
        for (int start = from; start < to;)
        {
            int end = Math.Min(to, ((start / 10) + 1) * 10);
            yield return Units[start] with
            {
                Next = end,
                Count = end - start,
                Payload = Units[start..end].SelectMany(unit => unit.Payload.ToArray()).ToArray(),
            };
            start = end;
        }
    }

    private static InputDigest Digest(int from, int to) =>
        Units[from..to].Aggregate(InputDigest.At(from), (digest, unit) => BatchHash.Append(digest, in unit));
}

namespace Weir.Connectors.Tests.Kafka;

using CsCheck;
using Weir.Connectors.Kafka;
using Weir.Engine.Streams;
using Weir.Protocol.Logs;
using Weir.Protocol.Sources;

/// <summary>Ends of batches are a function of the messages, not of how they were fetched.</summary>
public sealed class BatchCutterTests
{
    private static readonly Gen<KafkaMessage[]> SomeMessages = Gen.Select(
            Gen.Frequency((9, Gen.Const(1)), (1, Gen.Int[2, 300])),
            Gen.Int[-60, 140],
            Gen.Frequency((9, Gen.Int[0, 5]), (1, Gen.Const(-1))))
        .Array[1, 700]
        .Select(steps =>
        {
            long offset = -1;
            long time = 10_000;
            return Array.ConvertAll(steps, step => new KafkaMessage(
                offset += step.Item1, time += step.Item2, step.Item3 < 0 ? null : new byte[step.Item3]));
        });

    [Fact]
    public void ALonelyEvent_IsABatchOfItsOwn_AndWhatFollowsItSoonIsOne()
    {
        var cutter = new BatchCutter();
        long[] times = [1000, 1010, 1020, 1130, 1040];
        Assert.Equal(
            [
                (BatchPart.Whole, 1000L), (BatchPart.First, 1010L), (BatchPart.Next, 1010L), (BatchPart.Whole, 1130L),
                (BatchPart.First, 1130L),
            ],
            times.Select((time, offset) => cutter.Take(offset, time, hasValue: true))
                .Select(place => (place.Part, place.Stamp.Milliseconds)));
    }

    [Fact]
    public void ABlockBeginsAnew_AndAMessageWithoutValueIsATick()
    {
        var cutter = new BatchCutter();
        Assert.Equal(BatchPart.Whole, cutter.Take(254, 7000, true).Part);
        MessagePlace last = cutter.Take(255, 7001, true);
        Assert.Equal((BatchPart.First, 7001L), (last.Part, last.Stamp.Milliseconds));
        MessagePlace first = cutter.Take(256, 500, true);
        Assert.Equal((BatchPart.Whole, 500L), (first.Part, first.Stamp.Milliseconds));
        MessagePlace tick = cutter.Take(257, 510, false);
        Assert.Equal((BatchKind.Tick, BatchPart.Whole, 510L), (tick.Kind, tick.Part, tick.Stamp.Milliseconds));
        Assert.Equal(BatchPart.First, cutter.Take(258, 511, true).Part);
    }

    [Fact]
    public void HoweverMessagesAreFetched_BatchesAndDigestsAreTheSame() =>
        Gen.Select(SomeMessages, Gen.Int[1, 40].Array[1, 8], Gen.Int[0, 100]).Sample((messages, sizes, start) =>
        {
            long end = messages[^1].Offset + 1;
            LogFetch whole = Read(messages, 0, int.MaxValue);
            Assert.Equal((0L, end), (whole.From, whole.Next));
            var parts = new List<EventBatch>();
            for (long next = 0, i = 0; next < end; i++)
            {
                LogFetch fetch = Read(messages, next, sizes[i % sizes.Length]);
                Assert.Equal(next, fetch.From);
                parts.AddRange(fetch.Batches);
                next = fetch.Next;
            }

            Assert.Equal(Digest(0, whole.Batches), Digest(0, parts));
            Assert.Equal(Show(whole.Batches), Show(parts));
            for (int i = 1; i < parts.Count; i++)
                Assert.Equal(parts[i - 1].Next, parts[i].From);

            // A reader that begins anywhere sees what it would have seen from the beginning.
            long from = messages[start * messages.Length / 101].Offset;
            Assert.Equal(
                Show(whole.Batches).Where(line => line.Offset >= from), Show(Read(messages, from, int.MaxValue).Batches));
        });

    private static LogFetch Read(KafkaMessage[] messages, long from, int count)
    {
        var cutter = new BatchCutter();
        var fetch = new FetchBuilder(from, "json", new ReadLimits(count, int.MaxValue));
        foreach (KafkaMessage message in messages.Where(each => each.Offset >= BatchCutter.BlockOf(from)))
        {
            MessagePlace place = cutter.Take(message.Offset, message.Timestamp, message.Value is not null);
            if (message.Offset < from)
                continue;
            if (!fetch.HasRoomFor(in message))
                break;
            fetch.Add(in message, place);
        }

        return fetch.ToFetch();
    }

    private static InputDigest Digest(long from, IEnumerable<EventBatch> batches) =>
        batches.Aggregate(InputDigest.At(from), (digest, batch) => BatchHash.Append(digest, in batch));

    private static IEnumerable<(long Offset, BatchKind, BatchPart, long, int)> Show(IEnumerable<EventBatch> batches) =>
        batches.SelectMany(BatchHash.UnitsOf).Select(unit => (
            unit.Next - 1, unit.Kind, unit.Part, unit.Stamp.Milliseconds, unit.Payload.Length));
}

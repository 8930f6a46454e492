namespace Weir.Fuzz.Decoders;

using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Weir.Contracts.Codecs;
using Weir.Contracts.Json;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Fuzz.Inputs;
using Weir.Fuzz.Samples;
using Decoder = Weir.Fuzz.Inputs.Decoder;

/// <summary>What sources take: their own state, and batches of events of every kind of type.</summary>
internal static class SourceDecoders
{
    private const string Target = "copy";
    private static readonly Nowhere Output = new();

    /// <summary>The state of a source. What is accepted must go on and be written alike.</summary>
    public static Decoder State()
    {
        IEnumerable<SampleRun> runs = SampleJobs.All.Where(job => job.Kind is "connect" or "partition")
            .Select(job => new SampleRun(job));
        return new Decoder(
            "source-state",
            [
                .. runs.SelectMany(run => run.Sources.SelectMany((source, index) => (Sample[])
                    [StateOf(run, source, index / 2), OpenStateOf(run, source, index / 2)])),
            ],
            Refusals.IsSourceState);
    }

    /// <summary>Batches of events, decoded and written again.</summary>
    public static Decoder Events() => new(
        "events",
        [
            EventsOf(Topic.Of<Numbers>("numbers"), Numbers.Some),
            EventsOf(Topic.Of<Instants>("instants"), Instants.Some),
            EventsOf(Topic.Of<Texts>("texts"), Texts.Some),
            EventsOf(Topic.Of<Optional>("optional"), Optional.Some),
            EventsOf(Topic.Of<Collections>("collections"), Collections.Some),
            EventsOf(Topic.Of<Tree>("trees"), Tree.Some),
            EventsOf(Topic.Of<Point>("points"), [new Point(1, 2), default]),
            EventsOf(Topic.Of<Wide[]>("wide"), [new Wide[3], []]),
            EventsOf(Topic.Of<List<Packed>>("packed"), [[default, new Packed("a", 1, 2, 3, 4, 5, null, true)]]),
            EventsOf(Topic.Of<HashSet<decimal>>("decimals"), [[1m, 2.5m]]),
            EventsOf(Topic.Of<string>("lines"), ["one", "", "three"]),
            EventsOf(Topic.Of<long?>("longs"), [1, null, long.MinValue]),
            EventsOf(Topic.Of<Distance>("distances"), [Distance.Far]),
            EventsOf(
                Topic.Of<Either<Point, Either<Tree, string>>>("sides"),
                [Either<Point, Either<Tree, string>>.Left(default)]),
            EventsOf(Topic.Of<Point>("old", version: 2).Upgrading<long>(1, x => new Point(x, 0)), [new Point(1, 2)]),
            EventsOf(Click.Input, [new Click("page-1", 2, 3)]),
        ],
        Refusals.IsFailedSource);

    /// <summary>Batches of events that Orleans writes.</summary>
    public static Decoder OrleansEvents()
    {
        Serializer serializer = new ServiceCollection().AddSerializer().BuildServiceProvider()
            .GetRequiredService<Serializer>();
        return new Decoder(
            "orleans-events",
            [EventsOf(Topic.Of<Parcel>("parcels"), Parcel.Some, new OrleansCodecs(serializer))],
            Refusals.IsFailedForeign);
    }

    /// <summary>Batches of messages that another system wrote as JSON.</summary>
    public static Decoder Messages()
    {
        var codecs = new CodecRegistry(new JsonEvents());
        return new Decoder(
            "messages",
            [
                Batch(Topic.Of<Point>("points"), codecs, EventSchema.Json, ["{\"x\":1,\"y\":-2}", "{}"]),
                Batch(
                    Topic.Of<Texts>("texts"),
                    codecs,
                    EventSchema.Json,
                    [JsonSerializer.Serialize(Texts.Some[0], WeirJson.Options)]),
            ],
            Refusals.IsFailedSource);

        static Sample Batch<T>(Topic<T> topic, CodecRegistry codecs, string schema, string[] messages) =>
            EventsOf(topic, codecs, schema, Array.ConvertAll(messages, Encoding.UTF8.GetBytes));
    }

    private static Sample StateOf(SampleRun run, SourceProgram source, int index)
    {
        byte[] state = Written(source);
        return StateOf(run, source, (source.Topic, index), state);
    }

    /// <summary>The state inside of a batch that may go on.</summary>
    private static Sample OpenStateOf(SampleRun run, SourceProgram source, int index)
    {
        SourceProgram open = Restored(run, index, source.Partition, Written(source));
        EventTime stamp = EventTime.Max(open.Clock, new EventTime(20_000));
        open.Process(SampleRun.Clicks(open.Next, stamp, new Click("page-1", 2, 3)) with { Part = BatchPart.First });
        open.Flush(Output);
        return StateOf(run, source, ($"{source.Topic}-open", index), Written(open));
    }

    private static Sample StateOf(SampleRun run, SourceProgram source, (string Name, int Index) place, byte[] state)
    {
        int index = place.Index;
        return new Sample(place.Name, state, damaged =>
        {
            SourceProgram restored = Restored(run, index, source.Partition, damaged);
            byte[] written = Written(restored);
            if (!Written(Restored(run, index, source.Partition, written)).AsSpan().SequenceEqual(written))
                throw new MisbehavedException("what a source restored is not what was written");
            EventTime stamp = EventTime.Max(restored.Clock, new EventTime(20_000));
            restored.Process(SampleRun.Clicks(restored.Next, stamp, new Click("page-1", 2, 3)));
            restored.Process(new EventBatch
            {
                From = restored.Next,
                Next = restored.Next + 1,
                Kind = BatchKind.Tick,
                Stamp = stamp,
                Schema = "",
            });
            restored.Flush(Output);
            Written(restored);
        });
    }

    private static SourceProgram Restored(SampleRun run, int index, int partition, byte[] state)
    {
        SourceProgram source = run.Plan.CreateSource(index, partition);
        source.Read(new ByteReader(state));
        return source;
    }

    private static byte[] Written(SourceProgram source)
    {
        var bytes = new ByteWriter();
        source.Write(bytes);
        return bytes.ToArray();
    }

    // The input is the count and the schema of a batch, which are as little to be trusted, and then the payload.
    private static Sample EventsOf<T>(Topic<T> topic, T[] values, params ICodecProvider[] providers)
    {
        var codecs = new CodecRegistry(providers);
        return EventsOf(topic, codecs, topic.Schema, Array.ConvertAll(values, value =>
        {
            var bytes = new ByteWriter();
            codecs.For<T>().Write(bytes, in value);
            return bytes.ToArray();
        }));
    }

    private static Sample EventsOf<T>(Topic<T> topic, CodecRegistry codecs, string schema, byte[][] values)
    {
        var graph = JobGraph.Build(new Copy<T>(topic), codecs);
        var plan = new JobPlan(graph, codecs, new Dictionary<string, int> { [topic.Name] = 1, [Target] = 1 });
        var bytes = new ByteWriter();
        bytes.WriteSigned(values.Length);
        bytes.WriteString(schema);
        foreach (byte[] value in values)
            bytes.WriteBlob(value);

        return new Sample(topic.Name, bytes.ToArray(), damaged =>
        {
            var reader = new ByteReader(damaged);
            var copies = new Copies(topic.Schema);
            Process(plan, unchecked((int)reader.ReadSigned()), reader.ReadString() ?? "", reader, copies);
            foreach ((int count, ReadOnlyMemory<byte> payload) in copies.Batches)
                CheckCopy(plan, count, topic.Schema, payload);
        });
    }

    private static void Process(JobPlan plan, int count, string schema, ByteReader payload, IStageOutput output)
    {
        SourceProgram source = plan.CreateSource(0, 0);
        source.Process(new EventBatch
        {
            From = 0,
            Next = Math.Max(count, 1L),
            Count = count,
            Kind = BatchKind.Events,
            Stamp = new EventTime(1),
            Schema = schema,
            Payload = payload.ReadMemory(payload.Remaining),
        });
        source.Flush(output);
    }

    private static void CheckCopy(JobPlan plan, int count, string schema, ReadOnlyMemory<byte> payload)
    {
        try
        {
            Process(plan, count, schema, new ByteReader(payload), Output);
        }
        catch (SourceFailedException refused)
        {
            throw new MisbehavedException($"events were written that can not be read: {refused}");
        }
    }

    private sealed class Copies(string schema) : IStageOutput
    {
        public List<(int Count, ReadOnlyMemory<byte> Payload)> Batches { get; } = [];

        public void Post(Slice slice) => throw new MisbehavedException($"a slice came out of a copy of {schema}");

        public void Append(in OutputBatch batch) => Batches.Add((batch.Count, batch.Payload));
    }

    private sealed class Copy<T>(Topic<T> topic) : StreamJob
    {
        public override string Name => Target;

        public override void Define(JobBuilder job) => job.From(topic).To(Topic.Of<T>(Target, topic.Version));
    }
}

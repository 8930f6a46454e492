namespace Weir.Engine.Tests.Sources;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Sources;
using static Weir.Engine.Tests.Reading;

/// <summary>A source whose topic has events that were taken back: a tick over their offsets.</summary>
public sealed class SupersededInputTests
{
    [Fact]
    public void ASource_GoesOnBehindThem_AndItsClockWithTheirStamp()
    {
        (SourceReader reader, Output output) = Make();
        Assert.Equal(Admission.Continues, reader.Admit(0, 9));
        Assert.True(reader.Read(Events(0, 100, "a", "b")));
        Assert.True(reader.Read(Gap(2, 7, 200)));
        Assert.True(reader.Read(Events(7, 300, "c", "d")));
        Assert.Equal((9L, T(300)), (reader.Next, reader.Program.Clock));
        Assert.False(reader.Read(Gap(2, 7, 200)));
        reader.Program.Flush(output);
        Assert.Equal(4, output.Events);
    }

    [Fact]
    public void ASource_ThatHadReadAPart_GoesOnWithTheRest()
    {
        (SourceReader reader, Output output) = Make();
        reader.Read(Events(0, 100, "a", "b"));
        Assert.Equal(Admission.Continues, reader.Admit(2, 6));
        reader.Read(Gap(2, 6, 100));
        Assert.Equal(Admission.Repeats, reader.Admit(3, 6));
        Assert.Equal(Admission.Gap, reader.Admit(7, 9));
        reader.Read(Gap(6, 7, 100));
        reader.Read(Events(7, 100, "c"));
        reader.Program.Flush(output);
        Assert.Equal((8L, 3), (reader.Next, output.Events));
    }

    private static (SourceReader, Output) Make()
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new TestJob(job => From(job).Select(each => each.Key).To(Tables.Texts)), codecs);
        var plan = new JobPlan(graph, codecs, new Dictionary<string, int> { [Input.Name] = 1, [Tables.Texts.Name] = 1 });
        return (new SourceReader(plan.CreateSource(0, 0)), new Output());
    }

    private static EventBatch Gap(long from, long next, long stamp) =>
        new() { From = from, Next = next, Kind = BatchKind.Tick, Stamp = T(stamp), Schema = "" };

    private static EventBatch Events(long from, long stamp, params string[] keys)
    {
        Codec<Reading> codec = new CodecRegistry().For<Reading>();
        var payload = new ByteWriter();
        foreach (string key in keys)
        {
            int start = payload.BeginFrame();
            codec.Write(payload, new Reading(key, stamp));
            payload.EndFrame(start);
        }

        return new EventBatch
        {
            From = from,
            Next = from + keys.Length,
            Count = keys.Length,
            Stamp = T(stamp),
            Schema = Input.Schema,
            Payload = payload.Detach(),
        };
    }

    private sealed class Output : IStageOutput
    {
        public int Events { get; private set; }

        public void Post(Slice slice) => slice.Release();

        public void Append(in OutputBatch batch) => Events += batch.Count;
    }
}

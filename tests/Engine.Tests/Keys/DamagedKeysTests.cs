namespace Weir.Engine.Tests.Keys;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Keys;
using Weir.Engine.Operators;
using Weir.Engine.State;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using static Weir.Engine.Tests.Reading;

/// <summary>Work and answers of keys with one grain each whose parts do not belong together: they are refused.</summary>
public sealed class DamagedKeysTests
{
    private const int Operator = 1;
    private static readonly Topic<string> Out = Topic.Of<string>("out");
    private static readonly JobPlan Plan = NewPlan();

    [Fact]
    public async Task WorkThatFits_IsApplied()
    {
        KeyAnswer answer = await Plan.CreateKey(0, 0).ApplyAsync(Call(0, Events(2), [0, 1]));
        var output = new List<CapturedEvent>();
        CapturedEvent.ReadAll(answer.Output, 1, output);
        Assert.Equal([(0, Operator), (1, Operator)], output.Select(each => (each.Step, each.Node)));
    }

    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(0, 2, 1)]
    [InlineData(-1, 0, 1)]
    public async Task EventsWithoutTheirPlaces_AreRefused(int edge, int events, int places)
    {
        KeyCall call = Call(edge, Events(events), [.. Enumerable.Range(0, places)]);
        var fault = await Assert.ThrowsAsync<CorruptDataException>(
            () => Plan.CreateKey(0, 0).ApplyAsync(call).AsTask());
        Assert.Equal($"a key is given {events} events and the places of {places}", fault.Message);
    }

    [Fact]
    public async Task WorkThatGoesOn_IsRefused()
    {
        KeyCall call = Call(0, Events(1), [0]);
        call = call with { Work = (byte[])[.. call.Work.Span, 0] };
        await Assert.ThrowsAsync<CorruptDataException>(() => Plan.CreateKey(0, 0).ApplyAsync(call).AsTask());
    }

    [Fact]
    public async Task OutputOfTheOperator_IsTaken()
    {
        GroupProgram program = await Answered(Output(Operator));
        Assert.Equal(1, program.Held);
    }

    [Theory]
    [InlineData(0, "no output")]
    [InlineData(2, "no output")]
    [InlineData(99, "no output")]
    [InlineData(ulong.MaxValue, "no output")]
    [InlineData(Operator, "not understood")]
    public async Task OutputThatIsNotOfTheOperator_IsRefused(ulong node, string because)
    {
        var fault = await Assert.ThrowsAsync<CorruptDataException>(() => Answered(Output(node, behind: node == Operator)));
        Assert.Contains(because, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BytesThatAreNoKey_AreRefused()
    {
        GroupProgram program = Plan.CreateGroup(0, 0);
        Assert.Null(program.Find(Key("a")));
        Assert.Throws<CorruptDataException>(() => program.Find((byte[])[.. Key("a").Span, 0]));
        Assert.Throws<CorruptDataException>(() => program.Inspect((byte[])[0]));
    }

    private static async Task<GroupProgram> Answered(ReadOnlyMemory<byte> output)
    {
        GroupProgram program = Plan.CreateGroup(0, 0);
        await program.ApplyAsync(Plan.DecodeSlice(new SliceTarget(0, 0, 0, 0), Events(1)), new Host(output));
        return program;
    }

    private static ReadOnlyMemory<byte> Output(ulong node, bool behind = false)
    {
        var value = new ByteWriter();
        value.WriteString("text");
        var writer = new ByteWriter();
        writer.WriteVarint(0);
        writer.WriteBool(false);
        writer.WriteSigned(0);
        writer.WriteVarint(node);
        writer.WriteSigned(5);
        writer.WriteBlob(behind ? [.. value.WrittenMemory.Span, 0] : value.WrittenMemory.Span);
        return writer.ToArray();
    }

    private static KeyCall Call(int edge, ReadOnlyMemory<byte> events, int[] places) => new(
        Key("a"),
        1,
        0,
        null,
        edge,
        new KeyWork
        {
            Watermark = EventTime.MinValue,
            Clock = EventTime.MinValue,
            Channel = 0,
            Events = events,
            EventSteps = places,
            Marks = [],
        }.Write());

    private static ReadOnlyMemory<byte> Events(int count)
    {
        var slice = (Slice<Reading>)Plan.Graph.Edges[0].NewSlice(new SliceTarget(0, 0, 0, 0), Plan.Codecs);
        for (int i = 0; i < count; i++)
            slice.Add(new Reading("a", i), T(i));
        var writer = new ByteWriter();
        slice.Encode(writer);
        return writer.ToArray();
    }

    private static ReadOnlyMemory<byte> Key(string key)
    {
        var writer = new ByteWriter();
        writer.WriteString(key);
        return writer.ToArray();
    }

    // The nodes are the source, the operator and what changes its texts.
    private static JobPlan NewPlan()
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(
            new TestJob(job => From(job).KeyBy(Input.Key).Process("op", new Tells()).OneGrainPerKey()
                .Select(text => text + "!").To(Out)),
            codecs);
        return new JobPlan(graph, codecs, new Dictionary<string, int> { [Input.Name] = 1, [Out.Name] = 1 });
    }

    private sealed class Tells : KeyedProcess<string, Reading, string>
    {
        private static readonly ValueSlot<long> Last = State.Value<long>("last");

        public override void OnEvent(Reading value, IKeyContext<string, string> key)
        {
            key.State(Last).Value = value.At;
            key.Emit("text");
        }
    }

    private sealed class Host(ReadOnlyMemory<byte> output) : IKeyHost
    {
        public ValueTask<KeyAnswer> CallAsync(KeyCall call) => ValueTask.FromResult(
            new KeyAnswer(false, false, EventTime.MaxValue, EventTime.MaxValue, 0, 0, output));

        public ValueTask<ReadOnlyMemory<byte>> SnapshotAsync(ReadOnlyMemory<byte> key) =>
            throw new InvalidOperationException("Nobody asks for a snapshot.");
    }
}

namespace Weir.Grains.Tests.Jobs;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;

/// <summary>The calls of an operator that has been given events, without a silo.</summary>
internal static class AskedCalls
{
    private static readonly Topic<int> Numbers = Topic.Of<int>("numbers");
    private static readonly Topic<string> Texts = Topic.Of<string>("texts");

    /// <summary>Calls for the events 0, 1, 2 and so on.</summary>
    public static IGroupCalls Of(
        EnrichOptions options, Func<int, CancellationToken, Task<string>> ask, int events = 1)
    {
        var codecs = new CodecRegistry();
        var graph = JobGraph.Build(new Asking(options, ask), codecs);
        var plan = new JobPlan(graph, codecs, new Dictionary<string, int> { ["numbers"] = 1, ["texts"] = 1 });
        GroupProgram group = plan.CreateGroup(0, 0);
        SourceProgram source = plan.CreateSource(0, 0);
        source.Process(new EventBatch
        {
            From = 0,
            Next = events,
            Count = events,
            Schema = Numbers.Schema,
            Payload = Payload(codecs, events),
        });
        source.Flush(new ToGroup(group));
        return group.Calls!;
    }

    private static byte[] Payload(CodecRegistry codecs, int events)
    {
        var payload = new ByteWriter();
        for (int i = 0; i < events; i++)
        {
            int start = payload.BeginFrame();
            codecs.For<int>().Write(payload, i);
            payload.EndFrame(start);
        }

        return payload.ToArray();
    }

    private sealed class ToGroup(GroupProgram group) : IStageOutput
    {
        public void Post(Slice slice) => group.Apply(slice);

        public void Append(in OutputBatch batch)
        {
        }
    }

    private sealed class Asking(EnrichOptions options, Func<int, CancellationToken, Task<string>> ask) : StreamJob
    {
        public override void Define(JobBuilder job)
        {
            EnrichedStream<int, string> asked =
                job.From(Numbers).EnrichAsync("ask", (number, cancellation) => ask(number, cancellation), options);
            if (options.Retry is not null)
                asked.RetryWhen(text => text == "again");
            asked.To(Texts);
        }
    }
}

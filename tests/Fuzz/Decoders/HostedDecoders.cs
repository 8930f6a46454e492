namespace Weir.Fuzz.Decoders;

using Weir.Engine.Keys;
using Weir.Engine.Operators;
using Weir.Fuzz.Inputs;
using Weir.Fuzz.Samples;

/// <summary>What keys with one grain each take from their group, and what the group takes from them.</summary>
internal static class HostedDecoders
{
    private static readonly Nowhere Output = new();

    /// <summary>The work of keys, the state that they begin with, and their answers.</summary>
    public static Decoder Keys() => new(
        "hosted-keys",
        [.. SampleJobs.All.Where(job => job.Kind.Contains("hosted", StringComparison.Ordinal)).SelectMany(SamplesOf)],
        Refusals.IsFailedGroup);

    private static IEnumerable<Sample> SamplesOf(SampleJob job)
    {
        var run = new SampleRun(job);
        SampleGroup group = run.Fullest;
        KeyTurn[] turns = [.. group.Turns!.Where(turn => turn.Call.State is not null && turn.Answer.Output.Length > 0)];
        foreach (KeyTurn turn in turns.Where(turn => turn.Call.Edge >= 0).TakeLast(2).Append(turns[^1]))
        {
            yield return WorkOf(run, group, turn.Call);
            yield return StateOf(run, group, turn.Call);
            yield return AnswerOf(run, group, turn.Answer);
        }
    }

    private static Sample WorkOf(SampleRun run, SampleGroup group, KeyCall call) =>
        new($"{run.Job.Kind} work", call.Work.ToArray(), damaged => Apply(run, group, call with { Work = damaged }));

    private static Sample StateOf(SampleRun run, SampleGroup group, KeyCall call)
    {
        byte[] state = call.State!.Value.ToArray();
        return new Sample(
            $"{run.Job.Kind} state", state, damaged => Apply(run, group, call with { State = damaged }))
        {
            Inside = (_, chance) => GroupDecoders.DamagedInside(state, chance),
        };
    }

    private static void Apply(SampleRun run, SampleGroup group, KeyCall call)
    {
        KeyProgram key = run.Plan.CreateKey(0, group.Program.Group);
        key.ApplyAsync(call).AsTask().GetAwaiter().GetResult();
        byte[] snapshot = key.Snapshot();
        KeyProgram restored = run.Plan.CreateKey(0, group.Program.Group);
        restored.Restore(snapshot);
        if (!restored.Snapshot().AsSpan().SequenceEqual(snapshot))
            throw new MisbehavedException("what a key restored is not what was written");
    }

    private static Sample AnswerOf(SampleRun run, SampleGroup group, KeyAnswer answer)
    {
        (SliceTarget target, byte[] bytes) = run.SlicesOf(group, commands: false)
            .Last(slice => run.Plan.DecodeSlice(slice.Target, slice.Bytes).Count > 0);
        return new Sample($"{run.Job.Kind} answer", answer.Output.ToArray(), damaged =>
        {
            SampleGroup fresh = run.NewGroup(group.Program.Group);
            Slice slice = run.Plan.DecodeSlice(target, bytes);
            fresh.Apply(slice, new FirstAnswer(answer with { Output = damaged }));
            slice.Release();
            fresh.Program.Flush(Output);
        });
    }
}

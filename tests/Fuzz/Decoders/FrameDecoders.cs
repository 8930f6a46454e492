namespace Weir.Fuzz.Decoders;

using Weir.Engine.Codecs;
using Weir.Fuzz.Inputs;
using Weir.Fuzz.Samples;
using Weir.Protocol.Exchange;

/// <summary>What goes between silos: frames of slices, and the answers to them.</summary>
internal static class FrameDecoders
{
    /// <summary>Frames with slices of every kind of operator; what is accepted is written and read again.</summary>
    public static Decoder Frames() => new("frames", [.. SampleJobs.All.Select(FrameOf)], Refusals.IsCorrupt);

    public static Decoder Answers()
    {
        int[] sent = [3, 1, 0, 200];
        RunAnswer[] answers =
        [
            new(3, RunOutcome.Taken), new(0, RunOutcome.NotHere), new(0, RunOutcome.Over), new(150, RunOutcome.Full),
        ];
        return new Decoder(
            "frame-answers",
            [
                new Sample("answers", RunAnswer.Encode(answers).ToArray(), damaged =>
                {
                    RunAnswer[] decoded = RunAnswer.Decode(damaged, sent);
                    if (!RunAnswer.Decode(RunAnswer.Encode(decoded), sent).SequenceEqual(decoded))
                        throw new MisbehavedException("answers are not what was read");
                }),
            ],
            Refusals.IsCorrupt);
    }

    private static Sample FrameOf(SampleJob job)
    {
        var run = new SampleRun(job);
        var writer = new ByteWriter();
        int target = run.Slices[0].Target.Operator;
        SliceFrame.Begin(writer, job.Kind, target);
        long first = 1;
        foreach (var slices in run.Slices.Where(slice => slice.Target.Operator == target)
            .GroupBy(slice => slice.Target)
            .Take(4))
        {
            var bytes = new ByteWriter();
            foreach ((_, byte[] slice) in slices.Take(3))
                bytes.WriteBlob(slice);
            SliceFrame.Add(writer, slices.Key, (7, first, Math.Min(slices.Count(), 3)), bytes.Written);
            first += 100;
        }

        return new Sample(job.Kind, writer.ToArray(), damaged => Check(run, SliceFrame.Decode(damaged)));
    }

    private static void Check(SampleRun run, SliceFrame frame)
    {
        var again = new ByteWriter();
        SliceFrame.Begin(again, frame.Job, frame.Operator);
        foreach (SliceRun each in frame.Runs)
        {
            var bytes = new ByteWriter();
            foreach (ReadOnlyMemory<byte> slice in each.Slices)
                bytes.WriteBlob(slice.Span);
            SliceFrame.Add(again, each.Target, (each.Epoch, each.First, each.Slices.Count), bytes.Written);
        }

        SliceFrame read = SliceFrame.Decode(again.WrittenMemory);
        bool isSame = read.Job == frame.Job && read.Operator == frame.Operator && read.Runs.Count == frame.Runs.Count
            && read.Runs.Zip(frame.Runs).All(pair => pair.First.Target == pair.Second.Target
                && (pair.First.Epoch, pair.First.First) == (pair.Second.Epoch, pair.Second.First)
                && pair.First.Slices.Zip(pair.Second.Slices).All(two => two.First.Span.SequenceEqual(two.Second.Span)));
        if (!isSame)
            throw new MisbehavedException("a frame is not what was read");
        foreach (SliceRun each in frame.Runs)
        {
            foreach (ReadOnlyMemory<byte> slice in each.Slices)
                run.Plan.DecodeSlice(each.Target, slice).Release();
        }
    }
}

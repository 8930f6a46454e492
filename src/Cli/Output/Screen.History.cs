namespace Weir.Cli.Output;

using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;

/// <summary>What is stored of the past of jobs.</summary>
internal sealed partial class Screen
{
    public void Verified(IReadOnlyList<VerifiedPart> parts)
    {
        if (json)
        {
            Json(parts);
            return;
        }

        Table(["part", "name", "from", "to", "checkpoints", "state", "detail"], parts.Select(part => new[]
        {
            part.Kind.ToString().ToLowerInvariant(),
            part.Name,
            Number(part.From),
            Number(part.To),
            string.Join(", ", part.Checkpoints.Select(Number)),
            Words(part.State),
            part.Detail ?? "",
        }));
        terminal.Output.WriteLine();
        terminal.Output.WriteLine(string.Join(", ", parts
            .GroupBy(part => part.State)
            .OrderBy(state => state.Key)
            .Select(state => $"{Number(state.Count())} {Words(state.Key)}")) + ".");
    }

    public void Replayed(ReplayStep step)
    {
        if (json)
        {
            Json(step);
            return;
        }

        TextWriter output = terminal.Output;
        output.WriteLine(step switch
        {
            { Topic: null } => "at the checkpoint",
            { Failure: { } failure } => $"{step.Topic}/{step.Partition}  failed: {failure}",
            { Offset: { } offset } => $"{step.Topic}/{step.Partition} {Number(offset)}  {step.Value}",
            _ => $"{step.Topic}/{step.Partition}  time goes on",
        });
        if (step.Key is null)
        {
            output.WriteLine("  nothing is held");
        }
        else
        {
            output.WriteLine($"  watermark {step.Key.Watermark}");
            foreach (StateReport state in step.Key.State)
                output.WriteLine($"  state {state.Name} = {state.Json}");
            foreach (WindowReport window in step.Key.Windows)
                output.WriteLine($"  window {window.Window} = {window.Json ?? "purged"}");
            foreach (TimerReport timer in step.Key.Timers)
                output.WriteLine($"  timer {timer.Time} {timer.Domain} {timer.Name}".TrimEnd());
        }

        foreach (ReplayOutput each in step.Output)
            output.WriteLine($"  -> {each.Target} {each.Json}");
    }

    private static string Words(VerifiedState state) => state switch
    {
        VerifiedState.Intact => "intact",
        VerifiedState.Damaged => "damaged",
        VerifiedState.Differs => "differs",
        VerifiedState.NotRetained => "no longer retained",
        VerifiedState.NotRecorded => "readable, nothing to compare with",
        _ => state.ToString(),
    };
}

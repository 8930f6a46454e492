namespace Weir.Engine.Tests.Joins;

/// <summary>
/// Temporal joins by their rule: each event that is not late gives its result at the step that brings the watermark to
/// its time, with the newest of all versions that came before that step and are not later than the event.
/// </summary>
internal sealed class TemporalJoinOracle(Step[] steps)
{
    private readonly long[] _watermarks = Watermarks(steps);

    /// <summary>The steps whose event, of either side, was late.</summary>
    public IEnumerable<int> Late =>
        Enumerable.Range(0, steps.Length).Where(i => steps[i].Event is { } reading && reading.At <= _watermarks[i]);

    public IEnumerable<string> Lines(string key) => Enumerable.Range(0, steps.Length)
        .Where(i => steps[i].Left && steps[i].Event?.Key == key && steps[i].Event!.At > _watermarks[i])
        .Select(i => (Left: steps[i].Event!, Step: StepOf(steps[i].Event!.At)))
        .Where(each => each.Step >= 0)
        .OrderBy(each => each.Step)
        .ThenBy(each => each.Left.At)
        .Select(each => $"{each.Step}: {Two.Pair(each.Left, VersionOf(each.Left, each.Step))}");

    private int StepOf(long time) =>
        Enumerable.Range(0, steps.Length).FirstOrDefault(i => _watermarks[i + 1] >= time, -1);

    private Reading? VersionOf(Reading left, int before) => Enumerable.Range(0, before)
        .Where(i => steps[i].Right && steps[i].Event?.Key == left.Key && steps[i].Event!.At <= left.At)
        .Select(i => steps[i].Event!)
        .OrderBy(version => version.At)
        .LastOrDefault() is { Value: > 0 } version ? version : null;

    // The watermark before each step and after the last: the lower one of the two sides.
    private static long[] Watermarks(Step[] steps)
    {
        long left = long.MinValue;
        long right = long.MinValue;
        var watermarks = new List<long> { long.MinValue };
        foreach (Step step in steps)
        {
            if (step.Event is null && step.Left)
                left = Math.Max(left, step.Watermark);
            if (step.Event is null && step.Right)
                right = Math.Max(right, step.Watermark);
            watermarks.Add(Math.Min(left, right));
        }

        return [.. watermarks];
    }
}

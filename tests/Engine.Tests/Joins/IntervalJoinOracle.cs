namespace Weir.Engine.Tests.Joins;

/// <summary>
/// Interval joins by their rule, without buffers: two events of a key meet if neither is late, their distance is in the
/// interval, and the watermark has not risen to the end of the earlier arrival's wait before the other came.
/// </summary>
internal sealed class IntervalJoinOracle(long lower, long upper)
{
    public int Late { get; private set; }

    public string[] Lines(Step[] steps)
    {
        long[] watermarks = Watermarks(steps);
        var lines = new List<string>();
        for (int i = 0; i < steps.Length; i++)
        {
            if (steps[i].Event is not { } now)
                continue;
            if (now.At < watermarks[i])
            {
                Late++;
                continue;
            }

            lines.AddRange(Enumerable.Range(0, i)
                .Where(j => steps[j].Event?.Key == now.Key && steps[j].Left != steps[i].Left)
                .Where(j => Waits(steps, watermarks, j, i))
                .Select(j => (
                    Left: steps[i].Left ? now : steps[j].Event!,
                    Right: steps[i].Left ? steps[j].Event! : now))
                .Where(pair => pair.Left.At + lower <= pair.Right.At && pair.Right.At <= pair.Left.At + upper)
                .Select(pair => $"{i}: {Two.Pair(pair.Left, pair.Right)}")
                .Order(StringComparer.Ordinal));
        }

        return [.. lines];
    }

    private bool Waits(Step[] steps, long[] watermarks, int other, int now)
    {
        long at = steps[other].Event!.At;
        long end = steps[other].Left ? at + Math.Max(upper, 0) : at - Math.Min(lower, 0);
        bool rose = watermarks[now] > watermarks[other];
        return at >= watermarks[other] && !(rose && watermarks[now] >= end);
    }

    // The watermark before each step: the lower one of the two sides.
    private static long[] Watermarks(Step[] steps)
    {
        long left = long.MinValue;
        long right = long.MinValue;
        return
        [
            .. steps.Select(step =>
            {
                long before = Math.Min(left, right);
                if (step.Event is null && step.Left)
                    left = Math.Max(left, step.Watermark);
                if (step.Event is null && step.Right)
                    right = Math.Max(right, step.Watermark);
                return before;
            }),
        ];
    }
}

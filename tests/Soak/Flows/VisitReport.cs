namespace Weir.Soak.Flows;

using Weir.Soak.Jobs;

/// <summary>What came out of <see cref="CountVisits"/>, compared with what was sent: each user's visits, numbered from
/// 1 without a gap.</summary>
internal sealed class VisitReport
{
    private readonly Dictionary<string, SortedList<long, DateTime>> _applied = [];

    private VisitReport(IReadOnlyList<string> problems) => Problems = problems;

    /// <summary>What is wrong; empty if nothing is.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>How many visits came out.</summary>
    public required int Visits { get; init; }

    /// <summary>How many were sent.</summary>
    public required int Sent { get; init; }

    public static async Task<VisitReport> CompareAsync(IAsyncEnumerable<VisitCount> counts, int rounds, int users)
    {
        var problems = new List<string>();
        var applied = new Dictionary<string, SortedList<long, DateTime>>();
        int visits = 0;
        await foreach (VisitCount count in counts)
        {
            visits++;
            if (!applied.TryGetValue(count.User, out SortedList<long, DateTime>? own))
                applied.Add(count.User, own = []);
            if (!own.TryAdd(count.Value, new DateTime(count.AppliedAt, DateTimeKind.Utc)))
                problems.Add($"visit {count.Value} of {count.User} is there twice");
        }

        if (applied.Count != users)
            problems.Add($"there are {applied.Count} users, {users} were sent");
        foreach ((string user, SortedList<long, DateTime> own) in applied)
        {
            if (own.Count != rounds || own.Keys[0] != 1 || own.Keys[^1] != rounds)
                problems.Add($"{user} has {own.Count} visits, {own.Keys[0]} to {own.Keys[^1]}; {rounds} were sent");
        }

        var report = new VisitReport(problems) { Visits = visits, Sent = rounds * users };
        foreach ((string user, SortedList<long, DateTime> own) in applied)
            report._applied.Add(user, own);
        return report;
    }

    /// <summary>The longest time without a visit of each user between two moments, shortest first. A visit that was
    /// applied again after a failure counts where it was applied last.</summary>
    public TimeSpan[] PausesBetween(DateTime begin, DateTime end) =>
    [
        .. _applied.Values
            .Select(own => own.Values.Where(at => at >= begin && at <= end).Prepend(begin).Append(end).Order().ToArray())
            .Select(moments => moments.Zip(moments.Skip(1), (one, next) => next - one).Max())
            .Order(),
    ];
}

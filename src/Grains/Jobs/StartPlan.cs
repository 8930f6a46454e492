namespace Weir.Grains.Jobs;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Grains.Hosting;
using Weir.Protocol.Checkpoints;

/// <summary>
/// From where a job starts, and what that means for its output. Invariant: a start from anything but the latest
/// checkpoint, or with a changed graph, begins a new line of output history, and only with a choice for every output.
/// </summary>
/// <remarks>
/// Checkpoints 1 to 9, of which 4 and 7 are savepoints; a start from 4 keeps 4 to go on from and puts 7 aside: it can be
/// started from later, and no epoch begins with it by itself.
/// </remarks>
internal static class StartPlan
{
    /// <summary>Changes the record so that the next epoch begins as asked for.</summary>
    /// <exception cref="WeirException">There is no such checkpoint, or the output needs a choice.</exception>
    public static void Apply(StartOptions options, HostedJob job, JobRecord record)
    {
        var kept = CheckpointRecord.Parse(record.Checkpoints);
        CompleteCheckpoint[] all = [.. All(record)];
        CompleteCheckpoint? from = From(options, job.Name, kept, all);
        bool isLatest = from == kept.Latest && !(options.Anew && kept.Epoch > 0);
        string? change = from is null ? null : ChangeOf(job, record);
        if (options.Claim && from is not { Savepoint: not null })
            throw new WeirException(
                WeirError.InvalidRequest, $"'{job.Name}' would start {Start(from)}, which is no savepoint to be taken over.");
        bool goesOn = isLatest && change is null;
        Dictionary<string, OutputChoice> choices = goesOn ? [] : Choose(options, job, (from, change));

        // Only what is not refused leaves a trace: who asks again without a choice is refused again.
        record.Fingerprint = job.Graph.Fingerprint;
        record.Version = job.Graph.Version;
        record.LeavesOutState = options.AllowUnmatchedState;
        if (options.Claim)
            record.Claimed = from!.Number;
        if (goesOn)
            return;
        long lineage = Math.Max(kept.Lineage, 1) + 1;
        record.Forks = choices
            .Where(each => each.Value == OutputChoice.Fork || job.ForkOf is not null)
            .ToDictionary(each => each.Key, each => each.Value == OutputChoice.Fork
                ? FormattableString.Invariant($"{job.OwnTopic(each.Key)}.{lineage}")
                : job.OwnTopic(each.Key));
        record.Replacing =
            [.. choices.Where(each => each.Value == OutputChoice.Replace).Select(each => job.OwnTopic(each.Key))];
        record.Checkpoints = (kept with
        {
            Lineage = lineage,
            IsFinished = false,
            Retained = [.. all.Where(each => each == from || (each.Savepoint is not null && each.Number < from?.Number))],
        }).ToArray();
        record.Aside = new CheckpointRecord
        {
            Retained = [.. all.Where(each => each.Savepoint is not null && each.Number > (from?.Number ?? 0))],
        }.ToArray();
    }

    /// <summary>All checkpoints that are kept, in the order of their numbers.</summary>
    public static IEnumerable<CompleteCheckpoint> All(JobRecord record) =>
        CheckpointRecord.Parse(record.Checkpoints).Retained
            .Concat(CheckpointRecord.Parse(record.Aside).Retained)
            .OrderBy(each => each.Number);

    /// <summary>The checkpoint of that number, or the savepoint of that name.</summary>
    /// <exception cref="WeirException">There is none.</exception>
    public static CompleteCheckpoint Find(string name, string job, IReadOnlyList<CompleteCheckpoint> all) =>
        all.LastOrDefault(each => each.Savepoint == name)
        ?? all.LastOrDefault(each => FormattableString.Invariant($"{each.Number}") == name)
        ?? throw new WeirException(
            WeirError.UnknownCheckpoint,
            $"The job '{job}' has no checkpoint or savepoint '{name}'; it keeps: "
            + (all.Count == 0 ? "none" : string.Join(", ", all.Select(Show))) + ".");

    private static string Start(CompleteCheckpoint? from) => from is null ? "anew" : $"from checkpoint {Show(from)}";

    private static string Show(CompleteCheckpoint each) => each.Savepoint is { } name
        ? FormattableString.Invariant($"{each.Number} ({name})")
        : FormattableString.Invariant($"{each.Number}");

    private static CompleteCheckpoint? From(
        StartOptions options, string job, CheckpointRecord kept, CompleteCheckpoint[] all)
    {
        if (options is { Anew: true, From: not null })
            throw new WeirException(
                WeirError.InvalidRequest, "A job starts from a checkpoint or anew, not both: leave one of them out.");
        if (options.Anew)
            return null;
        return options.From is { } name ? Find(name, job, all) : kept.Latest;
    }

    /// <summary>In what the job is another one than when it was last started, or null.</summary>
    private static string? ChangeOf(HostedJob job, JobRecord record) =>
        record.Fingerprint == job.Graph.Fingerprint ? null
        : record.Fingerprint.Length == 0 ? "it has not run in this cluster"
        : record.Version != job.Graph.Version ? $"its version is {Quoted(job.Graph.Version)} and was {Quoted(record.Version)}"
        : $"its graph is {job.Graph.Fingerprint} and was {record.Fingerprint}";

    private static string Quoted(string version) => version.Length == 0 ? "not set" : $"'{version}'";

    private static Dictionary<string, OutputChoice> Choose(
        StartOptions options, HostedJob job, (CompleteCheckpoint? Point, string? Change) from)
    {
        string[] topics = [.. job.Graph.Outputs.Select(topic => topic.Name)];
        string[] sinks = [.. job.Graph.Sinks.Select(sink => sink.Name)];
        var choices = topics.Concat(sinks)
            .ToDictionary(name => name, name => options.OutputsOf.GetValueOrDefault(name, options.Outputs));
        string[] open = [.. choices.Where(each => each.Value == OutputChoice.None).Select(each => $"'{each.Key}'")];

        // A job without output has nothing to choose for, and still state that another version has left.
        bool isUndecided = choices.Count == 0 && from.Change is not null && job.Graph.Version.Length > 0
            && options.From is null && options.Outputs == OutputChoice.None;
        if (open.Length > 0 || isUndecided)
            throw new WeirException(WeirError.IncompatibleState, Undecided(job, from, open));
        string[] refused =
            [.. sinks.Where(name => choices[name] != OutputChoice.Append).Select(each => $"'{each}'")];
        return refused.Length == 0
            ? choices
            : throw new WeirException(
                WeirError.IncompatibleState,
                $"What is in the sinks {string.Join(", ", refused)} can only be appended to: give them new names in the "
                + "job to write elsewhere.");
    }

    private static string Undecided(
        HostedJob job, (CompleteCheckpoint? Point, string? Change) from, string[] outputs)
    {
        string why = from.Change is { } change
            ? $"The job '{job.Name}' has changed since it ran: {change}. It would go on {Start(from.Point)}, with the state "
                + "and output of before."
            : $"The job '{job.Name}' would start {Start(from.Point)}, and has written output beyond that.";
        string what = outputs.Length > 0
            ? $" Say for {string.Join(", ", outputs)} whether what is beyond that point is to be replaced, appended to or "
                + "forked (--outputs replace, append or fork)"
            : " Say that it is to go on there (--outputs append)";
        string where = from.Change is null ? "." : ", or name an earlier point to start from as well (--from), or --anew.";
        return why + what + where;
    }
}

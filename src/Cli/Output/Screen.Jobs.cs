namespace Weir.Cli.Output;

using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;

/// <summary>Jobs, their checkpoints, and their keys in quarantine.</summary>
internal sealed partial class Screen
{
    public void Jobs(IReadOnlyList<JobStatus> jobs)
    {
        if (json)
        {
            Json(jobs);
            return;
        }

        DateTimeOffset now = terminal.Clock.GetUtcNow();
        Table(["job", "state", "epoch", "restarts", "watermark", "lag", "checkpoint", "failure"], jobs.Select(job => new[]
        {
            job.Name,
            JobText.Of(job),
            Number(job.Epoch),
            Number(job.Restarts),
            JobText.Watermark(job).ToString(),
            Number(JobText.Lag(job)),
            CheckpointText.Short(job.Checkpoints, now),
            JobText.ShortProblem(job),
        }));
    }

    public void Job(JobStatus job)
    {
        if (json)
        {
            Json(job);
            return;
        }

        Facts(
            ("job", job.Name),
            ("state", JobText.Of(job)),
            ("epoch", Number(job.Epoch)),
            ("restarts", Number(job.Restarts)),
            ("failure", JobText.Problem(job) ?? "none"),
            ("checkpoint", CheckpointText.Last(job.Checkpoints, terminal.Clock.GetUtcNow())),
            ("checkpoint problem", CheckpointText.Problem(job.Checkpoints)),
            ("lineage", Number(job.Lineage)),
            ("views", string.Join(", ", job.Views)),
            ("outputs", string.Join(", ", job.Outputs)));
        Sources(job);
        Operators(job);
    }

    public void Checkpoints(IReadOnlyList<CheckpointDescription> checkpoints)
    {
        if (json)
        {
            Json(checkpoints);
            return;
        }

        string[] headings = ["checkpoint", "savepoint", "taken at (UTC)", "took", "size", "written", "epoch", "lineage"];
        Table(headings, checkpoints.Select(each => new[]
        {
            Number(each.Number),
            each.Savepoint ?? "",
            CheckpointText.Time(each.TakenAt),
            CheckpointText.Span(each.Duration),
            CheckpointText.Size(each.Bytes),
            CheckpointText.Size(each.WrittenBytes),
            Number(each.Epoch),
            Number(each.Lineage),
        }));
    }

    public void Quarantine(IReadOnlyList<QuarantineReport> keys)
    {
        if (json)
        {
            Json(keys);
            return;
        }

        Table(["operator", "key", "events", "watermark", "error"], keys.Select(held => new[]
        {
            held.Operator, held.Key, Number(held.Events), held.Watermark.ToString(), held.Error,
        }));
    }

    private void Sources(JobStatus job)
    {
        string[] headings = ["source", "partition", "next", "lag", "watermark", "idle", "dead letters"];
        Section(headings, job.Sources.Select(source => new[]
        {
            source.Topic,
            Number(source.Partition),
            Number(source.Next),
            Number(source.End - source.Next),
            source.Watermark.ToString(),
            source.IsIdle ? "yes" : "no",
            Number(source.DeadLetters),
        }));
    }

    private void Operators(JobStatus job)
    {
        string[] headings = ["operator", "events", "late", "keys", "watermark", "quarantined", "dead letters"];
        Section(headings, job.Operators.Select(part => new[]
        {
            part.Name,
            Number(part.Events),
            Number(part.LateEvents),
            Number(part.Keys),
            part.Watermark.ToString(),
            Number(part.Quarantined),
            Number(part.DeadLetters),
        }));
    }
}

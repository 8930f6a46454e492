namespace Weir.Grains.Jobs;

using System.Globalization;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Grains.Checkpoints;
using Weir.Protocol.Checkpoints;

/// <summary>Savepoints. Invariant: a request that is repeated has one effect and one answer.</summary>
internal sealed partial class JobGrain
{
    public Task<CheckpointDescription> TakeSavepointAsync(string name, Guid request) =>
        ChangeAsync(() => SavepointAsync(name, request, thenStop: false));

    public Task DeleteSavepointAsync(string name) => ChangeAsync(async () =>
    {
        Hosted();
        StartPlan.Find(name, JobName, [.. StartPlan.All(record.State).Where(each => each.Savepoint is not null)]);
        bool isRunning = IsRunning;
        if (isRunning)
            _host!.Protocol.RemoveSavepoint(name);
        await ChangeRecordAsync(stored =>
        {
            if (!isRunning)
                stored.Checkpoints = Without(name, stored.Checkpoints, keep: true);
            stored.Aside = Without(name, stored.Aside, keep: false);
            stored.SavepointRequests.Remove(name);
        });
        await WhenGoneAsync(name);
        return true;
    });

    // Of a running job the next checkpoint lets it go. Whoever asks waits for that, unless checkpoints do not complete.
    private async Task WhenGoneAsync(string name)
    {
        for (int i = 0; i < 100 && IsRunning && StartPlan.All(record.State).Any(each => each.Savepoint == name); i++)
            await Task.Delay(TimeSpan.FromMilliseconds(50));
    }

    // Of a job that is not to go on nobody else would publish what the savepoint holds back. If topics and sinks do not
    // take it, it stops all the same, and the next start publishes it.
    private async Task WhenStoppedAsync()
    {
        for (int i = 0; i < 300 && _host?.Protocol.IsStopping == true; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(50));
    }

    private async Task<CheckpointDescription> SavepointAsync(string name, Guid request, bool thenStop)
    {
        Hosted();
        CheckName(name);
        if (StartPlan.All(record.State).FirstOrDefault(each => each.Savepoint == name) is { } known)
            return await AnswerAgainAsync(known, request);
        if (IsRunning)
        {
            // Before the savepoint is there, so that whoever repeats the request finds it under the same name.
            await ChangeRecordAsync(stored => Remember(stored, name, request));
            return await _host!.TakeSavepointAsync(name, thenStop);
        }

        var kept = CheckpointRecord.Parse(record.State.Checkpoints);
        CompleteCheckpoint latest = kept.Latest ?? throw new WeirException(
            WeirError.UnknownCheckpoint, $"The job '{JobName}' does not run and has no checkpoint.");
        if (latest.Savepoint is { } taken)
            throw new WeirException(
                WeirError.SavepointConflict, $"The last checkpoint of '{JobName}' is the savepoint '{taken}' already.");
        CompleteCheckpoint named = latest with { Savepoint = name };
        await ChangeRecordAsync(stored =>
        {
            stored.Checkpoints = (kept with { Retained = [.. kept.Retained.SkipLast(1), named] }).ToArray();
            Remember(stored, name, request);
        });
        return await DescribeAsync(named);
    }

    /// <summary>A savepoint of that name is there: the answer to the request that led to it, else a conflict.</summary>
    private Task<CheckpointDescription> AnswerAgainAsync(CompleteCheckpoint known, Guid request) =>
        request != default && record.State.SavepointRequests.GetValueOrDefault(known.Savepoint!) == request
            ? DescribeAsync(known)
            : throw Conflict(known);

    private WeirException Conflict(CompleteCheckpoint known) => new(
        WeirError.SavepointConflict,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The job '{JobName}' has a savepoint '{known.Savepoint}': it is checkpoint {known.Number}, taken at "
            + $"{known.TakenAt.ToDateTimeOffset():yyyy-MM-dd HH:mm:ss} UTC. Choose another name, or delete it."));

    private static void Remember(JobRecord stored, string name, Guid request)
    {
        HashSet<string?> names = [.. StartPlan.All(stored).Select(each => each.Savepoint)];
        foreach (string gone in stored.SavepointRequests.Keys.Where(each => !names.Contains(each)).ToArray())
            stored.SavepointRequests.Remove(gone);
        stored.SavepointRequests[name] = request;
    }

    private async Task<CheckpointDescription> DescribeAsync(CompleteCheckpoint checkpoint)
    {
        KeptCheckpoints kept = Kept();
        await kept.ReadAsync(checkpoint);
        return kept.Describe(checkpoint);
    }

    private static void CheckName(string name)
    {
        if (name.Length is < 1 or > 100
            || !name.All(each => char.IsAsciiLetterOrDigit(each) || each is '.' or '_' or '-')
            || name.All(char.IsAsciiDigit))
            throw new WeirException(
                WeirError.InvalidRequest,
                $"'{name}' can not name a savepoint: use 1 to 100 letters, digits, '.', '_' and '-', not digits alone.");
    }

    private static byte[] Without(string name, byte[] bytes, bool keep)
    {
        var kept = CheckpointRecord.Parse(bytes);
        return (kept with
        {
            Retained =
            [
                .. kept.Retained
                    .Where(each => keep || each.Savepoint != name)
                    .Select(each => each.Savepoint == name ? each with { Savepoint = null } : each),
            ],
        }).ToArray();
    }
}

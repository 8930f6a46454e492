namespace Weir.Benchmarks.Nexmark.Queries;

using Weir.Benchmarks.Nexmark.Model;
using Weir.Benchmarks.Nexmark.Oracle;
using Weir.Client;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>What a result had to wait for, beside the job.</summary>
internal enum DueBy
{
    /// <summary>The event of that time.</summary>
    Event,

    /// <summary>The watermark's arrival at that time, in every partition.</summary>
    Watermark,

    /// <summary>The ingestion clock.</summary>
    Clock,
}

/// <summary>Since when a result could have been there.</summary>
/// <param name="By">What it waited for.</param>
/// <param name="Time">Which time of that.</param>
internal readonly record struct Due(DueBy By, EventTime Time)
{
    /// <summary>Due with an event of a time.</summary>
    public static Due With(EventTime time) => new(DueBy.Event, time);

    /// <summary>Due when the watermark has come to a time.</summary>
    public static Due AtWatermark(EventTime time) => new(DueBy.Watermark, time);
}

/// <summary>A result of the latency run: since when it could have been there, and since when it was.</summary>
internal readonly record struct Visible(Due Due, EventTime Stamp);

/// <summary>
/// A query: a job, the batch computation in SQL whose rows the job's results must be, and how the two are compared.
/// </summary>
/// <param name="name">As in <c>q5</c>.</param>
/// <param name="title">What it asks for.</param>
/// <param name="job">The class of the job.</param>
internal abstract class NexmarkQuery(string name, string title, Type job)
{
    public string Name => name;

    public string Title => title;

    public Type Job => job;

    /// <summary>The name of the job: that of its class, in kebab case.</summary>
    public string JobName { get; } = System.Text.RegularExpressions.Regex
        .Replace(job.Name, "(?<!^)([A-Z])", "-$1").ToLowerInvariant();

    /// <summary>The topic that the job reads.</summary>
    public Topic<NexmarkEvent> Input { get; init; } = NexmarkTopics.Events;

    /// <summary>
    /// Over the tables person, auction, bid, acted and input_clock of <see cref="OracleDatabase"/>; times are milliseconds.
    /// </summary>
    public required string Sql { get; init; }

    /// <summary>
    /// The columns that identify a row, where a later result replaces an earlier one; empty where every result is a row.
    /// </summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Copies all results into a table, in an order that keeps that of each key.</summary>
    public abstract Task CopyAsync(IWeirClient client, ResultTable table);

    /// <summary>When the results were due and when they could be seen.</summary>
    public abstract IAsyncEnumerable<Visible> ReadDelaysAsync(IWeirClient client);
}

/// <summary>A query that writes a topic.</summary>
internal sealed class TopicQuery<T>(string name, string title, Type job) : NexmarkQuery(name, title, job)
{
    public required Topic<T> Results { get; init; }

    /// <summary>Gives the columns of a result, in the order of the SQL.</summary>
    public required Action<T, ResultRow> Row { get; init; }

    /// <summary>Since when a result could have been there.</summary>
    public required Func<T, Due> DueOf { get; init; }

    public override async Task CopyAsync(IWeirClient client, ResultTable table)
    {
        await foreach (TopicEvent<T> each in client.ReadAsync(Results))
        {
            ResultRow row = table.Begin();
            Row(each.Value, row);
            row.End();
        }
    }

    public override async IAsyncEnumerable<Visible> ReadDelaysAsync(IWeirClient client)
    {
        await foreach (TopicEvent<T> each in client.ReadAsync(Results))
            yield return new Visible(DueOf(each.Value), each.Stamp);
    }
}

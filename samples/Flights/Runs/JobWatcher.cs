namespace Weir.Samples.Flights.Runs;

using System.Diagnostics;
using System.Globalization;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Engine.Time;
using Weir.Samples.Flights.Results;

/// <summary>
/// Looks at the job while it runs: how far it is, and what one airport looks like at this moment.
/// </summary>
internal sealed class JobWatcher(IWeirClient client, FlightSender sender, Screen screen)
{
    private const string PreferredAirport = "ORD";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private (long Events, TimeSpan At) _before;
    private bool _hasAsked;

    /// <summary>Watches until the work is done, or throws what ended the job or the work.</summary>
    public async Task WatchAsync(Task work, IProgress<Progress> progress, CancellationToken cancellation)
    {
        while (await Task.WhenAny(work, Task.Delay(Pause, cancellation)) != work)
        {
            cancellation.ThrowIfCancellationRequested();
            JobStatus status = await client.DescribeJobAsync(FlightsJob.JobName, cancellation);
            if (status.State == JobState.Failed)
                throw new WeirException(WeirError.JobFailed, $"The job has failed: {status.Failure}");
            if (status.Sources.Length > 0)
                progress.Report(ProgressOf(status));
            if (!_hasAsked && status.State == JobState.Running)
                _hasAsked = await AskForAirportAsync(cancellation);
        }

        await work;
    }

    private Progress ProgressOf(JobStatus status)
    {
        TimeSpan now = _clock.Elapsed;
        OperatorStatus? operation = status.Operators.FirstOrDefault(each => each.Name == FlightsJob.FeaturesOperator);
        long events = operation?.Events ?? 0;
        double perSecond = (events - _before.Events) / Math.Max((now - _before.At).TotalSeconds, 0.001);
        _before = (events, now);
        long stored = status.Sources.Sum(each => each.End);
        long lag = status.Sources.Sum(each => each.End - each.Next);
        EventTime watermark = status.Sources.Select(each => each.Watermark).DefaultIfEmpty().Min();
        return new Progress(
            now,
            stored == 0 ? 0 : sender.Fraction * (stored - lag) / stored,
            events,
            Math.Max(perSecond, 0),
            IsLimit(watermark) ? $"{watermark}" : CsvFile.Minute(watermark),
            lag);
    }

    private static bool IsLimit(EventTime time) => time == EventTime.MinValue || time == EventTime.MaxValue;

    /// <summary>
    /// Asks for the newest hour of a great airport, or of the first one that is seen. False: nothing is known yet.
    /// </summary>
    private async Task<bool> AskForAirportAsync(CancellationToken cancellation)
    {
        IKeyedView<string, AirportHour> view = client.View(FlightsJob.JobName, FlightsJob.Latest);
        foreach (string? airport in (string?[])[PreferredAirport, sender.FirstOrigin])
        {
            if (airport is null || await view.FindAsync(airport, cancellation) is not { Window: { } window } answer)
                continue;
            AirportHour hour = answer.Value;
            screen.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"right now: {airport}, hour from {CsvFile.Minute(window.Start)}: {hour.Departures} departures to "
                + $"{hour.Destinations} airports, {hour.Delayed15} more than 15 minutes late, "
                + $"{(answer.IsFinal ? "final" : "may still change")}"));
            return true;
        }

        return false;
    }
}

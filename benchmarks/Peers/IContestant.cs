namespace Weir.Benchmarks.Peers;

/// <summary>
/// A way to sum amounts per key and window. It is made for one run: prepared, run, asked for its sums, disposed of.
/// Only the run is measured.
/// </summary>
internal interface IContestant : IAsyncDisposable
{
    /// <summary>Starts what the run needs.</summary>
    Task PrepareAsync(Workload workload, Reading[] readings) => Task.CompletedTask;

    /// <summary>Takes all events, in order; completes when the last sum is known.</summary>
    Task RunAsync(Reading[] readings);

    /// <summary>What came out.</summary>
    Task<Sums> SumsAsync();

    ValueTask IAsyncDisposable.DisposeAsync() => ValueTask.CompletedTask;
}

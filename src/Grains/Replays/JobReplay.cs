namespace Weir.Grains.Replays;

using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Weir.Connectors.Files;
using Weir.Connectors.Sqlite;
using Weir.Contracts;
using Weir.Contracts.Codecs;
using Weir.Contracts.Jobs;
using Weir.Contracts.Json;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Grains.Checkpoints;
using Weir.Grains.Hosting;
using Weir.Protocol.Checkpoints;

/// <summary>
/// Replays one key of a job in this process, where a debugger sees the job's own code: set a breakpoint in a function
/// and run a test that reads the steps.
/// </summary>
/// <remarks>
/// It reads the data directory of an embedded silo that does not run, or a copy of one, and writes nothing into it but
/// the lock of the log. Functions get what was given to the job's constructor.
/// </remarks>
public static class JobReplay
{
    /// <summary>
    /// The steps of a replay: first what the key holds at the checkpoint, then one for each event of the key and each
    /// step of time that changed what it holds.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="directory">The data directory; see <see cref="WeirOptions.DataDirectory"/>.</param>
    /// <param name="request">The key, and from where to where. A savepoint is known here by the name that it was taken
    /// with, or by its number.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="WeirException"><see cref="WeirError.UnknownCheckpoint"/>;
    /// <see cref="WeirError.UnknownOperator"/>; <see cref="WeirError.Corrupt"/> if what is stored is damaged;
    /// <see cref="WeirError.InvalidRequest"/> if the key can not be replayed.</exception>
    /// <exception cref="JobDefinitionException">The graph has faults.</exception>
    public static async IAsyncEnumerable<ReplayStep> RunAsync(
        StreamJob job,
        string directory,
        ReplayRequest request,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(request);
        string events = Path.Combine(directory, "events.db");
        if (!File.Exists(events))
            throw new WeirException(
                WeirError.InvalidRequest, $"'{directory}' is no data directory of a silo: it has no events.db.");
        using ServiceProvider services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var codecs = new CodecRegistry([new OrleansCodecs(services.GetRequiredService<Serializer>()), new JsonEvents()]);
        var hosted = new HostedJob(JobGraph.Build(job, codecs), codecs);
        var store = new DirectoryCheckpointStore(Path.Combine(directory, "checkpoints"));
        Manifest from = await FindAsync(store, hosted.Name, request.From);
        await using SqliteEventLog log = await SqliteEventLog.OpenAsync(
            new SqliteEventLogOptions { Path = events }, cancellation);
        using KeyReplay replay = await KeyReplay.OpenAsync(
            new ReplayContext(hosted, from, new SegmentFiles(store), log), request);
        await foreach (ReplayStep? step in replay.RunAsync())
        {
            cancellation.ThrowIfCancellationRequested();
            if (step is not null)
                yield return step;
        }
    }

    // Which manifests count stands in the job's record; here they speak for themselves, the newest epoch first.
    private static async Task<Manifest> FindAsync(DirectoryCheckpointStore store, string job, string name)
    {
        var manifests = new List<Manifest>();
        foreach (string file in await store.ListAsync(CheckpointNames.PrefixOf(job)))
        {
            if (!file.EndsWith(".manifest", StringComparison.Ordinal))
                continue;
            using IStoredFile stored = await store.OpenAsync(file);
            var bytes = new byte[stored.Length];
            stored.Read(0, bytes);
            try
            {
                manifests.Add(ManifestCodec.Decode(bytes));
            }
            catch (CorruptDataException)
            {
                // A torn manifest is of no checkpoint.
            }
        }

        return manifests.OrderBy(each => each.Epoch).LastOrDefault(each =>
                each.Savepoint == name || FormattableString.Invariant($"{each.Number}") == name)
            ?? throw new WeirException(
                WeirError.UnknownCheckpoint,
                $"There is no checkpoint '{name}' of '{job}'; there are: "
                + $"{string.Join(", ", manifests.Select(each => each.Number).Distinct().Order())}.");
    }
}

namespace Weir.Grains.Replays;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Testing;
using Weir.Grains.Checkpoints;
using Weir.Grains.Hosting;
using Weir.Grains.Keys;
using Weir.Grains.Logs;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Logs;
using Weir.Protocol.Sources;

/// <summary>What a replay reads.</summary>
internal sealed record ReplayContext(HostedJob Job, Manifest From, SegmentFiles Files, IEventLog Log);

/// <summary>
/// Replays one key of a job from a checkpoint on. Invariant: it reads the log and the store and writes nothing; batches
/// of different partitions are applied in the order of their stamps.
/// </summary>
internal sealed class KeyReplay : IDisposable
{
    private readonly ReplayContext _context;
    private readonly ReplayRequest _request;
    private readonly int _operator;
    private readonly ReadOnlyMemory<byte> _key;
    private readonly ReplayPrograms _programs;
    private readonly List<ReplayInput> _inputs = [];
    private readonly List<StoredChain> _chains = [];
    private string _before = "";

    private KeyReplay(ReplayContext context, ReplayRequest request)
    {
        (_context, _request) = (context, request);
        KeyAddress address = KeyAddress.Of(context.Job, request.Operator, request.Key);
        (_operator, _key) = (address.Operator, address.Key);
        _programs = new ReplayPrograms(context.Job.PlanFor(context.From.Partitions), _operator, _key);
    }

    /// <summary>Restores what the key depends on.</summary>
    /// <exception cref="WeirException">There is no such operator or key, it can not be replayed, or what is stored is
    /// damaged or gone.</exception>
    public static async Task<KeyReplay> OpenAsync(ReplayContext context, ReplayRequest request)
    {
        try
        {
            var replay = new KeyReplay(context, request);
            try
            {
                await replay.RestoreAsync();
                return replay;
            }
            catch
            {
                replay.Dispose();
                throw;
            }
        }
        catch (ReplayRefusedException refused)
        {
            throw new WeirException(WeirError.InvalidRequest, refused.Message);
        }
        catch (Exception fault) when (fault is CorruptDataException or CheckpointStoreException
            or InputChangedException or Engine.State.StateSchemaException)
        {
            throw new WeirException(
                WeirError.Corrupt, $"Checkpoint {context.From.Number} can not be replayed from: {fault.Message}");
        }
    }

    /// <summary>What the key holds at the beginning, then a step for each that touched it.</summary>
    public async IAsyncEnumerable<ReplayStep?> RunAsync()
    {
        yield return Step(new ReplayStep(), out _);
        while (await NextAsync() is { } input)
        {
            EventBatch batch = input.Take();
            foreach (ReplayStep step in Apply(input.Program, batch))
            {
                yield return step;
                if (step.Failure is not null)
                    yield break;
            }

            // Whoever reads pages can end one here.
            yield return null;
        }
    }

    public void Dispose()
    {
        foreach (StoredChain chain in _chains)
            chain.Dispose();
        _chains.Clear();
    }

    private async Task RestoreAsync()
    {
        foreach (GroupProgram group in _programs.Groups)
        {
            if (_context.From.ReportOf(Participants.OfGroup(group.OperatorName, group.Group)) is not { Mark: { } mark } held)
                continue;
            StoredChain chain = await _context.Files.OpenAsync(held.Chain);
            _chains.Add(chain);
            group.Restore(mark, chain.Segments);
        }

        foreach (SourceProgram source in _programs.Sources)
            _inputs.Add(await ReplayInput.OpenAsync(_context, source, EndOf(source)));
    }

    private long? EndOf(SourceProgram source) =>
        _request.Partition is null || _request.Partition == source.Partition ? _request.To : null;

    /// <summary>The input whose next batch was appended first, or null at the end.</summary>
    private async Task<ReplayInput?> NextAsync()
    {
        ReplayInput? first = null;
        bool isAtEnd = _request.To is not null;
        foreach (ReplayInput input in _inputs)
        {
            bool has = await input.FillAsync();
            isAtEnd &= !has || EndOf(input.Program) is null;
            if (has && (first is null || input.Stamp < first.Stamp))
                first = input;
        }

        // A stretch that was asked for ends with its own partitions, however far the others go on.
        return isAtEnd ? null : first;
    }

    private IEnumerable<ReplayStep> Apply(SourceProgram source, EventBatch batch)
    {
        var at = new ReplayStep { Topic = source.Topic, Partition = source.Partition, Stamp = batch.Stamp };
        using IEnumerator<ReplayedStep> steps = _programs.Process(source, batch).GetEnumerator();
        while (true)
        {
            ReplayStep? failed = null;
            try
            {
                if (!steps.MoveNext())
                    yield break;
            }
            catch (Exception fault) when (fault is OperatorFailedException or SourceFailedException)
            {
                failed = at with { Failure = fault.Message };
            }

            if (failed is not null)
            {
                yield return failed;
                yield break;
            }

            ReplayedStep applied = steps.Current;
            if (applied.Offset >= EndOf(source))
                yield break;
            ReplayStep step = Step(at, out bool hasChanged);
            if (!applied.IsOfKey && !hasChanged)
                continue;
            yield return step with
            {
                Offset = applied.Offset,
                Value = applied.Offset is { } offset ? ValueOf(source.Topic, batch, offset) : null,
                Output = [.. applied.Output.SelectMany(Shown)],
            };
        }
    }

    private ReplayStep Step(ReplayStep at, out bool hasChanged)
    {
        KeyReport? report = _programs.Target.Inspect(_key) is { } inspection
            ? KeyReports.Of(_request.Operator, _context.From.Epoch, inspection)
            : null;

        // Time goes on with everything that is read; what counts is what the key holds.
        string now = report is null ? "" : KeyReports.JsonOf(report with { Watermark = default, Clock = default })!;
        hasChanged = now != _before;
        _before = now;
        return at with { Key = report };
    }

    private string? ValueOf(string topic, in EventBatch batch, long offset)
    {
        Topic known = _context.Job.KeyPlan.TopicOfSource(Enumerable.Range(0, _context.Job.KeyPlan.SourceCount)
            .First(source => _context.Job.KeyPlan.TopicOfSource(source).Name == topic));
        return TopicJson.Of(known, _context.Job.Codecs).Read(batch, offset).FirstOrDefault()?.Json;
    }

    private IEnumerable<ReplayOutput> Shown(OutputBatch batch)
    {
        JobGraph graph = _context.Job.Graph;
        Type type = graph.Outputs.FirstOrDefault(topic => topic.Name == batch.Target)?.EventType
            ?? graph.Sinks.First(sink => sink.Target == batch.Target).EventType;
        Codec codec = _context.Job.Codecs.For(type);
        var reader = new ByteReader(batch.Payload);
        for (int i = 0; i < batch.Count; i++)
            yield return new ReplayOutput(
                batch.Target, KeyReports.JsonOf(codec.ReadObject(new ByteReader(reader.ReadBlob()))) ?? "null");
    }
}

namespace Weir.Engine.Tests.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using static Weir.Engine.Tests.Reading;

/// <summary>
/// Of twelve kinds: 0 restarts, 1 flushes, 2 to 5 are ticks of the clock after a wait, else events are sent.
/// </summary>
internal sealed record CombiningStep(int Kind, int Partition, int Wait, (int Key, int At)[] Events);

/// <summary>Sources of a topic with two partitions, and the groups behind them, driven step by step.</summary>
internal sealed class CombiningRun : IStageOutput
{
    public const int Partitions = 2;

    private readonly JobPlan _plan;
    private readonly bool _byBytes;
    private readonly bool _applies;
    private readonly List<string>[] _output;
    private readonly List<Slice> _posted = [];
    private SourceProgram[] _sources;
    private GroupProgram[] _groups;
    private int _at;
    private long _clock;

    public CombiningRun(JobPlan plan, bool byBytes = false, bool applies = true)
    {
        (_plan, _byBytes, _applies) = (plan, byBytes, applies);
        _sources = NewSources();
        _groups = NewGroups();
        _output = [.. _groups.Select(_ => new List<string>())];
    }

    public long EventsIn => _groups.Sum(group => group.EventsIn);

    public long LateEvents => _groups.Sum(group => group.LateEvents);

    public string[] Play(CombiningStep[] steps)
    {
        long time = 0;
        foreach (CombiningStep step in steps)
        {
            switch (step.Kind)
            {
                case 0:
                    foreach (SourceProgram source in _sources)
                        source.EmitBarrier(1);
                    Flush();
                    Restart();
                    break;
                case 1:
                    Flush();
                    break;
                case <= 5:
                    Wait(step.Partition, step.Wait);
                    break;
                default:
                    time += step.Wait / 2;
                    Send(step.Partition, [.. step.Events.Select(each => ($"k{each.Key}", Math.Max(0, time + each.At)))]);
                    break;
            }
        }

        for (int partition = 0; partition < Partitions; partition++)
            Take(partition, BatchKind.End, []);
        Flush();
        return
        [
            .. _output.SelectMany((lines, group) => lines.Select(line => $"{group}: {line}")),
            .. _groups.Select(group =>
                $"{group.Group}: {group.EventsIn} events, {group.LateEvents} late, {group.Rows} keys"),
        ];
    }

    public void Send(int partition, params (string Key, long At)[] events) =>
        Take(partition, BatchKind.Events, events);

    public void Wait(int partition, long milliseconds)
    {
        _clock += milliseconds;
        Take(partition, BatchKind.Tick, []);
    }

    public Slice[] Flush()
    {
        foreach (SourceProgram source in _sources)
            source.Flush(this);
        Slice[] posted = [.. _posted];
        _posted.Clear();
        foreach (Slice slice in _applies ? posted : [])
        {
            _at = slice.Target.Group;
            _groups[_at].Apply(_byBytes ? Copy(slice) : slice);
            _groups[_at].Flush(this);
        }

        return posted;
    }

    void IStageOutput.Post(Slice slice) => _posted.Add(slice);

    void IStageOutput.Append(in OutputBatch batch)
    {
        var reader = new ByteReader(batch.Payload);
        for (int i = 0; i < batch.Count; i++)
        {
            ReadOnlyMemory<byte> bytes = reader.ReadBlob();
            object? value = batch.Target == Tables.Texts.Name
                ? _plan.Codecs.For<string>().Read(new ByteReader(bytes))
                : Convert.ToHexString(bytes.Span);
            _output[_at].Add($"{value}");
        }
    }

    private Slice Copy(Slice slice)
    {
        var writer = new ByteWriter();
        slice.Encode(writer);
        Slice copy = _plan.DecodeSlice(slice.Target, writer.ToArray());
        Assert.Equal((slice.Count, slice.Events, slice.MarkCount), (copy.Count, copy.Events, copy.MarkCount));
        return copy;
    }

    private void Restart()
    {
        SourceProgram[] sources = _sources;
        GroupProgram[] groups = _groups;
        _sources = NewSources();
        _groups = NewGroups();
        for (int i = 0; i < sources.Length; i++)
        {
            var state = new ByteWriter();
            sources[i].Write(state);
            _sources[i].Read(new ByteReader(state.ToArray()));
        }

        for (int i = 0; i < groups.Length; i++)
            _groups[i].Restore(groups[i].Snapshot());
    }

    private SourceProgram[] NewSources() =>
        [.. Enumerable.Range(0, Partitions).Select(partition => _plan.CreateSource(0, partition))];

    private GroupProgram[] NewGroups() =>
        [.. Enumerable.Range(0, _plan.GroupCount).Select(group => _plan.CreateGroup(0, group))];

    private void Take(int partition, BatchKind kind, (string Key, long At)[] events)
    {
        SourceProgram source = _sources[partition];
        var payload = new ByteWriter();
        foreach ((string key, long at) in events.Where(each => IsOf(partition, each.Key)))
        {
            int start = payload.BeginFrame();
            _plan.Codecs.For<Reading>().Write(payload, new Reading(key, at, at % 3));
            payload.EndFrame(start);
        }

        int count = events.Count(each => IsOf(partition, each.Key));
        source.Process(new EventBatch
        {
            From = source.Next,
            Next = source.Next + Math.Max(count, 1),
            Count = count,
            Kind = kind,
            Stamp = T(_clock),
            Schema = Input.Schema,
            Payload = payload.Detach(),
        });
    }

    // Where the job relies on the partitions of the topic, an event lies in that of its key.
    private bool IsOf(int partition, string key) => !_plan.Graph.Edges.OfType<KeyEdge>().Any(edge => edge.FollowsPartitions)
        || PartitionOf(key) == partition;

    private int PartitionOf(string key) => KeyGroups.PartitionOf(
        KeyGroups.GroupOf(KeyHasher<string>.For(_plan.Codecs.For<string>()).Hash(key), _plan.GroupCount), Partitions);
}

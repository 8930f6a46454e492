namespace Weir.Engine.Testing;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Keys;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>
/// All programs of a job in one place; what one emits is applied by the next before anything else happens.
/// </summary>
internal sealed class HarnessPrograms : IStageOutput
{
    private readonly HarnessOutput _output;
    private readonly Queue<Slice> _posted = new();
    private readonly GroupProgram[][] _groups;
    private readonly Dictionary<GroupProgram, HarnessKeys> _hosts = [];
    private readonly Dictionary<GroupProgram, HarnessChain> _chains = [];
    private readonly JobPlan _plan;

    public HarnessPrograms(JobPlan plan, HarnessOutput output)
    {
        _output = output;
        _plan = plan;
        Sources = [.. Enumerable.Range(0, plan.SourceCount).SelectMany(source => Enumerable
            .Range(0, plan.PartitionsOf(plan.TopicOfSource(source).Name))
            .Select(partition => plan.CreateSource(source, partition)))];
        _groups = [.. Enumerable.Range(0, plan.OperatorNames.Count).Select(index => Enumerable
            .Range(0, plan.InstancesOf(index))
            .Select(group => plan.CreateGroup(index, group))
            .ToArray())];
    }

    public IReadOnlyList<SourceProgram> Sources { get; }

    public HarnessCalls Calls { get; } = new();

    public IReadOnlyList<GroupProgram> Groups(int operatorIndex) => _groups[operatorIndex];

    public IEnumerable<SourceProgram> SourcesOf(string topic) => Sources.Where(source => source.Topic == topic);

    public void Process(SourceProgram source, in EventBatch batch)
    {
        source.Process(in batch);
        Drain(source);
    }

    public void RaiseWatermark(SourceProgram source, EventTime watermark)
    {
        source.RaiseWatermark(watermark);
        Drain(source);
    }

    public byte[] Snapshot()
    {
        var writer = new ByteWriter();
        foreach (SourceProgram source in Sources)
        {
            int start = writer.BeginFrame();
            source.Write(writer);
            writer.EndFrame(start);
        }

        foreach (GroupProgram group in _groups.SelectMany(each => each))
            writer.WriteBlob(Wait(group.SnapshotAsync(HostOf(group))));
        return writer.ToArray();
    }

    /// <summary>The key's own program, if the operator hosts keys one by one and this one has been called.</summary>
    public KeyProgram? ProgramOf(GroupProgram group, ReadOnlyMemory<byte> key) =>
        group.HostsKeys ? HostOf(group).Find(key) : null;

    public static HarnessPrograms Restore(JobPlan plan, HarnessOutput output, ReadOnlyMemory<byte> snapshot)
    {
        var programs = new HarnessPrograms(plan, output);
        var reader = new ByteReader(snapshot);
        foreach (SourceProgram source in programs.Sources)
        {
            int outer = reader.EnterFrame();
            source.Read(reader);
            reader.LeaveFrame(outer);
        }

        foreach (GroupProgram group in programs._groups.SelectMany(each => each))
        {
            group.Restore(reader.ReadBlob());
            programs.Calls.Begin(group);
        }

        programs.Settle();
        return programs;
    }

    /// <summary>
    /// New programs that are restored from captures of these, each group from its chain of segments and only as far as it
    /// needs them.
    /// </summary>
    public HarnessPrograms Recover()
    {
        var programs = new HarnessPrograms(_plan, _output);
        for (int i = 0; i < Sources.Count; i++)
        {
            var writer = new ByteWriter();
            Sources[i].Write(writer);
            programs.Sources[i].Read(new ByteReader(writer.WrittenMemory));
        }

        foreach ((GroupProgram from, GroupProgram to) in _groups.SelectMany(each => each)
            .Zip(programs._groups.SelectMany(each => each)))
        {
            HarnessChain chain = _chains.GetValueOrDefault(from) ?? new HarnessChain();
            chain.Take(from, HostOf(from));
            chain.Restore(to);
            programs._chains.Add(to, chain);
            programs.Calls.Begin(to);
        }

        programs.Settle();
        return programs;
    }

    void IStageOutput.Post(Slice slice) => _posted.Enqueue(slice);

    void IStageOutput.Append(in OutputBatch batch) => _output.Append(in batch);

    private HarnessKeys HostOf(GroupProgram group)
    {
        if (!_hosts.TryGetValue(group, out HarnessKeys? host))
            _hosts.Add(group, host = new HarnessKeys(_plan, group));
        return host;
    }

    // Functions that wait for something outside of the test wait for it here.
    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// Applies what was posted and finishes the calls whose tasks have completed, until nothing is left.
    /// </summary>
    public void Settle()
    {
        do
        {
            while (_posted.TryDequeue(out Slice? slice))
            {
                GroupProgram group = _groups[slice.Target.Operator][slice.Target.Group];
                if (group.HostsKeys)
                    Wait(group.ApplyAsync(slice, HostOf(group)));
                else if (_chains.TryGetValue(group, out HarnessChain? chain))
                    chain.Apply(group, slice);
                else
                    group.Apply(slice);
                slice.Release();
                Flush(group);
            }
        }
        while (FinishCall());
    }

    private bool FinishCall()
    {
        if (Calls.FinishNext() is not { } group)
            return false;
        Flush(group);
        return true;
    }

    private void Flush(GroupProgram group)
    {
        group.Flush(this);
        Calls.Begin(group);
    }

    private void Drain(SourceProgram source)
    {
        source.Flush(this);
        Settle();
    }
}

/// <summary>What a job has written to topics and sinks, as bytes.</summary>
internal sealed class HarnessOutput(CodecRegistry codecs)
{
    private readonly Dictionary<string, List<ReadOnlyMemory<byte>>> _events = [];
    private readonly Dictionary<string, int> _read = [];

    public void Append(in OutputBatch batch)
    {
        if (!_events.TryGetValue(batch.Target, out List<ReadOnlyMemory<byte>>? events))
            _events.Add(batch.Target, events = []);
        var reader = new ByteReader(batch.Payload);
        for (int i = 0; i < batch.Count; i++)
            events.Add(reader.ReadBlob());
    }

    public IReadOnlyList<T> Read<T>(string target, int from)
    {
        if (!_events.TryGetValue(target, out List<ReadOnlyMemory<byte>>? events))
            return [];
        Codec<T> codec = codecs.For<T>();
        return [.. events.Skip(from).Select(bytes => codec.Read(new ByteReader(bytes)))];
    }

    public IReadOnlyList<T> ReadNew<T>(string target)
    {
        IReadOnlyList<T> events = Read<T>(target, _read.GetValueOrDefault(target));
        _read[target] = _read.GetValueOrDefault(target) + events.Count;
        return events;
    }
}

namespace Weir.Engine.Testing;

using Weir.Engine.Codecs;
using Weir.Engine.Errors;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>How a <see cref="JobHarness"/> runs its job.</summary>
public sealed record HarnessOptions
{
    /// <summary>Finds codecs; the default knows what the engine knows by itself.</summary>
    public CodecRegistry Codecs { get; init; } = new();

    /// <summary>Partition count of every topic, 1 (the default) or more.</summary>
    public int Partitions { get; init; } = 1;

    /// <summary>
    /// Whether everything is written to bytes, discarded and restored after each step. A correct job gives the same
    /// results either way. Default: false.
    /// </summary>
    public bool CrashBetweenSteps { get; init; }

    /// <summary>
    /// Whether the clock is taken for that of a log, where more may come with a stamp that has been seen, as in a running
    /// job: timers and windows of the clock fire when it has passed their instant. Default: false, they fire when it
    /// reaches it.
    /// </summary>
    public bool ClockOfLog { get; init; }
}

/// <summary>
/// Runs a job in one thread with virtual time, to test it: send events, move the watermark or the clock, crash, and
/// look at everything that comes out. Events pass the same codecs, programs and snapshots as in a silo.
/// </summary>
/// <remarks>
/// <code>
/// var run = new JobHarness(new PageViews());
/// run.Send(PageViews.Clicks, new Click("/home", at));
/// run.CrashAndRestore();
/// run.AdvanceWatermark(at + TimeSpan.FromMinutes(2));
/// Assert.Equal(1, run.Read(PageViews.PerMinute).Single().Value);
/// </code>
/// </remarks>
public sealed class JobHarness
{
    private readonly HarnessOptions _options;
    private readonly JobPlan _plan;
    private readonly HarnessOutput _output;
    private readonly Dictionary<(string Topic, int Partition), long> _ends = [];
    private HarnessPrograms _programs;
    private EventTime _clock = new(0);

    /// <summary>Builds the job's graph and its programs.</summary>
    /// <exception cref="JobDefinitionException">The graph has faults.</exception>
    public JobHarness(StreamJob job, HarnessOptions? options = null)
    {
        _options = options ?? new HarnessOptions();
        var graph = JobGraph.Build(job, _options.Codecs);
        _plan = new JobPlan(graph, _options.Codecs, graph.Inputs.Concat(graph.Outputs)
            .DistinctBy(topic => topic.Name)
            .ToDictionary(topic => topic.Name, _ => _options.Partitions))
        {
            FiresAtReachedInstant = !_options.ClockOfLog,
        };
        _output = new HarnessOutput(_options.Codecs);
        _programs = new HarnessPrograms(_plan, _output);
    }

    /// <summary>
    /// Appends events as one batch per partition and processes all that follows from it. Events of a topic without a
    /// key go to partition 0.
    /// </summary>
    /// <exception cref="SourceFailedException">An event can not be decoded, or a function failed on it.</exception>
    /// <exception cref="OperatorFailedException">A function failed on an event of a key.</exception>
    public void Send<T>(Topic<T> topic, params T[] events)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(events);
        Func<T, int>? partitionOf = topic.Partitioner(_options.Partitions, _options.Codecs);
        foreach (var batch in events.GroupBy(value => partitionOf?.Invoke(value) ?? 0))
            AppendEvents(topic, batch.Key, [.. batch]);
        EndStep();
    }

    /// <summary>Appends events as one batch to a partition of choice, and processes all that follows from it.</summary>
    /// <exception cref="SourceFailedException">As for <see cref="Send{T}"/>; also when the job relies on the topic's
    /// key and an event's key belongs to another partition.</exception>
    public void SendTo<T>(Topic<T> topic, int partition, params T[] events)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(events);
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partition, _options.Partitions);
        AppendEvents(topic, partition, events);
        EndStep();
    }

    /// <summary>Raises the watermark of every source to a time, as if its events had said so.</summary>
    public void AdvanceWatermark(EventTime watermark)
    {
        foreach (SourceProgram source in _programs.Sources)
            _programs.RaiseWatermark(source, watermark);
        EndStep();
    }

    /// <summary>Raises the watermark of one topic's source.</summary>
    public void AdvanceWatermark(Topic topic, EventTime watermark)
    {
        ArgumentNullException.ThrowIfNull(topic);
        foreach (SourceProgram source in _programs.SourcesOf(topic.Name))
            _programs.RaiseWatermark(source, watermark);
        EndStep();
    }

    /// <summary>
    /// Moves the ingestion clock, which begins at 0, and appends a tick to every partition that has not ended. Timers and
    /// windows of that clock fire when it reaches their instant, or later: see <see cref="HarnessOptions.ClockOfLog"/>.
    /// </summary>
    public void AdvanceClock(EventTime clock)
    {
        StampWith(clock);
        foreach (Topic topic in _plan.Graph.Inputs)
            AppendToAll(topic, BatchKind.Tick, EventTime.None);
        EndStep();
    }

    /// <summary>Moves the ingestion clock for what is appended from here on, as a log does; nothing ticks.</summary>
    public void StampWith(EventTime clock) => _clock = EventTime.Max(_clock, clock);

    /// <summary>States that the producers of a topic have reached an event time, without an event.</summary>
    public void Advance(Topic topic, EventTime time)
    {
        AppendToAll(topic, BatchKind.Advance, time);
        EndStep();
    }

    /// <summary>Ends topics, or all that the job reads if none is named: their watermarks become the maximum.</summary>
    public void Seal(params Topic[] topics)
    {
        ArgumentNullException.ThrowIfNull(topics);
        foreach (Topic topic in topics.Length > 0 ? topics : _plan.Graph.Inputs)
            AppendToAll(topic, BatchKind.End, EventTime.None);
        EndStep();
    }

    /// <summary>
    /// Calls to the outside in flight. A call whose task is complete when it is made is not in flight but finishes at
    /// once; one that fails is attempted again without a delay, and none ever times out.
    /// </summary>
    public int CallsInFlight => _programs.Calls.Count;

    /// <summary>
    /// Finishes the calls to the outside whose tasks have completed since they were made, first made first, and
    /// processes all that follows from it.
    /// </summary>
    /// <exception cref="OperatorFailedException">A call failed for good.</exception>
    public void RunCalls()
    {
        _programs.Settle();
        EndStep();
    }

    /// <summary>As <see cref="RunCalls"/>, but waits for the tasks, until no call is in flight.</summary>
    /// <exception cref="OperatorFailedException">A call failed for good.</exception>
    public async Task RunCallsAsync()
    {
        while (CallsInFlight > 0)
        {
            // Who failed, and whether that is the end, is found when they finish.
            await _programs.Calls.WhenAll.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            RunCalls();
        }
    }

    /// <summary>
    /// Captures what has changed since the last crash, discards everything, and goes on with what all captures say: as
    /// after a checkpoint, key groups are read when they are needed. Calls to the outside that were in flight are
    /// cancelled and made again.
    /// </summary>
    public void CrashAndRestore()
    {
        _programs.Calls.Cancel();
        _programs = _programs.Recover();
    }

    /// <summary>The bytes of everything that the job holds; equal states have equal bytes.</summary>
    public byte[] Snapshot() => _programs.Snapshot();

    /// <summary>Discards what the job holds and goes on with an earlier <see cref="Snapshot"/>. Outputs stay.</summary>
    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        RestorePrograms(snapshot);
        foreach (SourceProgram source in _programs.Sources)
            _ends[(source.Topic, source.Partition)] = source.Next;
    }

    /// <summary>All events written to a topic so far, in order.</summary>
    public IReadOnlyList<T> Read<T>(Topic<T> topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return _output.Read<T>(topic.Name, 0);
    }

    /// <summary>The events written to a topic since the last call for it, in order.</summary>
    public IReadOnlyList<T> ReadNew<T>(Topic<T> topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return _output.ReadNew<T>(topic.Name);
    }

    /// <summary>All events handed over to a sink so far, in order. The sink itself is not called.</summary>
    public IReadOnlyList<T> Read<T>(Sink<T> sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        return _output.Read<T>(sink.Target, 0);
    }

    /// <summary>The events handed over to a sink since the last call for it, in order.</summary>
    public IReadOnlyList<T> ReadNew<T>(Sink<T> sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        return _output.ReadNew<T>(sink.Target);
    }

    /// <summary>What a view holds for a key, or null.</summary>
    /// <exception cref="ArgumentException">The job does not publish the view.</exception>
    public HarnessAnswer<TValue>? Find<TKey, TValue>(View<TKey, TValue> view, TKey key)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(view);
        int index = _plan.OperatorOfView(view.Name);
        if (index < 0)
            throw new ArgumentException($"The job does not publish the view '{view.Name}'.", nameof(view));
        GroupProgram group = GroupOf(index, key, out byte[] bytes);
        ViewReading? reading = _programs.ProgramOf(group, bytes) is { } own ? own.Find(bytes) : group.Find(bytes);
        return reading is null
            ? null
            : new HarnessAnswer<TValue>(
                _options.Codecs.For<TValue>().Read(new ByteReader(reading.Value)),
                reading.Window,
                reading.IsFinal,
                reading.Watermark);
    }

    /// <summary>Everything that an operator holds for a key, or null.</summary>
    public KeyInspection? Inspect<TKey>(string operatorName, TKey key)
        where TKey : notnull
    {
        GroupProgram group = GroupOf(IndexOf(operatorName), key, out byte[] bytes);
        return _programs.ProgramOf(group, bytes) is { } own ? own.Inspect(bytes) : group.Inspect(bytes);
    }

    /// <summary>The keys that an operator keeps in quarantine.</summary>
    public IReadOnlyList<QuarantinedKey> Quarantined(string operatorName) =>
        [.. _programs.Groups(IndexOf(operatorName)).SelectMany(group => group.ListQuarantined())];

    /// <summary>How many events and timers of an operator were given up or discarded.</summary>
    public long DeadLetters(string operatorName) =>
        _programs.Groups(IndexOf(operatorName)).Sum(group => group.DeadLetters);

    /// <summary>Applies what is held for a key in quarantine; nothing happens if it is not there.</summary>
    public void Release<TKey>(string operatorName, TKey key)
        where TKey : notnull => Command(operatorName, key, release: true);

    /// <summary>Drops what is held for a key in quarantine; nothing happens if it is not there.</summary>
    public void Discard<TKey>(string operatorName, TKey key)
        where TKey : notnull => Command(operatorName, key, release: false);

    /// <summary>How many events came too late for an operator.</summary>
    public long LateEvents(string operatorName) =>
        _programs.Groups(IndexOf(operatorName)).Sum(group => group.LateEvents);

    /// <summary>How many keys an operator holds state for.</summary>
    public int Keys(string operatorName) => _programs.Groups(IndexOf(operatorName)).Sum(group => group.Rows);

    private void RestorePrograms(ReadOnlyMemory<byte> snapshot)
    {
        _programs.Calls.Cancel();
        _programs = HarnessPrograms.Restore(_plan, _output, snapshot);
    }

    private void Command<TKey>(string operatorName, TKey key, bool release)
        where TKey : notnull
    {
        Topic commands = _plan.Graph.Commands ?? throw new ArgumentException(
            $"No operator of the job keeps keys in quarantine, '{operatorName}' neither.", nameof(operatorName));
        var bytes = new ByteWriter();
        _options.Codecs.For<TKey>().Write(bytes, in key);
        Append(commands, 0, new EventBatch
        {
            From = 0,
            Next = 0,
            Count = 1,
            Schema = commands.Schema,
            Payload = _plan.QuarantineCommand(IndexOf(operatorName), bytes.WrittenMemory, release),
        });
        EndStep();
    }

    private int IndexOf(string operatorName)
    {
        int index = _plan.OperatorNames.ToList().IndexOf(operatorName);
        return index >= 0
            ? index
            : throw new ArgumentException($"The job has no operator '{operatorName}'.", nameof(operatorName));
    }

    private GroupProgram GroupOf<TKey>(int operatorIndex, TKey key, out byte[] bytes)
        where TKey : notnull
    {
        var writer = new ByteWriter();
        _options.Codecs.For<TKey>().Write(writer, in key);
        bytes = writer.ToArray();
        return _programs.Groups(operatorIndex)[_plan.GroupOfKey(operatorIndex, bytes)];
    }

    private void AppendEvents<T>(Topic<T> topic, int partition, T[] events)
    {
        Codec<T> codec = _options.Codecs.For<T>();
        var payload = new ByteWriter();
        foreach (T value in events)
        {
            int start = payload.BeginFrame();
            codec.Write(payload, value);
            payload.EndFrame(start);
        }

        Append(topic, partition, new EventBatch
        {
            From = 0,
            Next = 0,
            Count = events.Length,
            Schema = topic.Schema,
            Payload = payload.WrittenMemory,
        });
    }

    // A sealed partition takes nothing more, and neither does one whose watermark was raised to the end by hand.
    private void AppendToAll(Topic topic, BatchKind kind, EventTime time)
    {
        var batch = new EventBatch { From = 0, Next = 1, Kind = kind, Time = time, Schema = "" };
        foreach (SourceProgram source in _programs.SourcesOf(topic.Name).Where(source => !source.HasEnded))
            Append(topic, source.Partition, batch);
    }

    private void Append(Topic topic, int partition, EventBatch batch)
    {
        long from = _ends.GetValueOrDefault((topic.Name, partition));
        long next = from + Math.Max(batch.Count, 1);
        _ends[(topic.Name, partition)] = next;
        EventBatch placed = batch with { From = from, Next = next, Stamp = _clock };
        foreach (SourceProgram source in _programs.SourcesOf(topic.Name).Where(each => each.Partition == partition))
            _programs.Process(source, in placed);
    }

    private void EndStep()
    {
        if (_options.CrashBetweenSteps)
            CrashAndRestore();
    }
}

/// <summary>What a view holds for a key.</summary>
/// <typeparam name="TValue">The type of the value.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Window">The window that it belongs to, or null if the operator has none.</param>
/// <param name="IsFinal">Whether nothing can change it any more.</param>
/// <param name="Watermark">How far event time had come.</param>
public sealed record HarnessAnswer<TValue>(TValue Value, TimeRange? Window, bool IsFinal, EventTime Watermark);

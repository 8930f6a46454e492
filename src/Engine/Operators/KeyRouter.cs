namespace Weir.Engine.Operators;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>What a router needs to know about its edge and its place.</summary>
/// <param name="Operator">Index of the target operator.</param>
/// <param name="Edge">Index of the edge.</param>
/// <param name="Groups">Number of key groups.</param>
/// <param name="Partitions">If the job is co-partitioned here: the partition count, and this router serves only the
/// groups of its own partition. Else 0.</param>
internal readonly record struct RouterSpec(int Operator, int Edge, int Groups, int Partitions);

/// <summary>
/// Gathers a stage's events for the key groups of an operator in slices. Invariant: every group that this channel feeds
/// sees every step of the stage's time in its place between the events.
/// </summary>
/// <remarks>
/// Where the order of channels is a matter of arrival (after a shuffle), steps with no event between them are merged;
/// the last one before the end of the input is kept, so that what is due before the end is told from the end itself.
/// Without a shuffle nothing is merged: the receiver sees exactly the steps that the log has.
/// A barrier ends every slice that it passes, so nothing is ever merged across it.
/// </remarks>
internal abstract class Router<T> : Receiver<T>, IStageEnd
{
    private readonly Codec<T> _codec;
    private readonly Stage _stage;
    private readonly int[] _channels;
    private readonly Slice<T>?[] _slices;
    private readonly List<Slice<T>> _ended = [];
    private readonly List<int> _attempted = [];
    private readonly int[] _toldIn;
    private Mark _announced;
    private int _announcements;
    private bool _isAnnounced;

    protected Router(Edge edge, RouterSpec spec, Stage stage, Codec<T> codec)
    {
        Spec = spec;
        _stage = stage;
        _codec = codec;
        _slices = new Slice<T>?[spec.Groups];
        _toldIn = new int[spec.Groups];
        _channels = [.. Enumerable.Range(0, spec.Groups).Select(group => stage.Plan.ChannelOf(edge, stage, group))];
    }

    protected RouterSpec Spec { get; }

    public void Begin() => _attempted.Clear();

    public void Undo()
    {
        foreach (int group in _attempted)
        {
            Slice<T> slice = _slices[group]!;
            slice.RemoveLast();
            if (slice.Count > 0 || slice.MarkCount > 0)
                continue;
            _slices[group] = null;
            slice.Release();
        }

        _attempted.Clear();
    }

    // Only groups that get an event of the batch have to know before: the others learn it at the batch's end.
    public void Announce(EventTime watermark, EventTime clock, bool idle)
    {
        _announced = new Mark(0, watermark, clock, idle);
        _announcements++;
        _isAnnounced = true;
    }

    public void Mark(EventTime watermark, EventTime clock, bool idle)
    {
        _isAnnounced = false;
        bool mayMerge = Spec.Partitions == 0 && watermark != EventTime.MaxValue;
        for (int group = 0; group < _slices.Length; group++)
        {
            if (_channels[group] < 0)
                continue;
            Slice<T> slice = _slices[group] ?? Open(group);
            if (!mayMerge || !slice.ReplaceLastMark(watermark, clock, idle))
                slice.AddMark(watermark, clock, idle);
        }

        _stage.Held++;
    }

    /// <summary>Another router tells these groups of the step that was announced.</summary>
    public void Forget() => _isAnnounced = false;

    public void Barrier(long number)
    {
        for (int group = 0; group < _slices.Length; group++)
        {
            if (_channels[group] < 0)
                continue;
            Slice<T> slice = _slices[group] ?? Open(group);
            slice.EndWith(number);
            _ended.Add(slice);
            _slices[group] = null;
        }
    }

    public void Flush(IStageOutput output)
    {
        foreach (Slice<T> slice in _ended)
            output.Post(slice);
        _ended.Clear();
        for (int group = 0; group < _slices.Length; group++)
        {
            if (_slices[group] is not { } slice)
                continue;
            _slices[group] = null;
            output.Post(slice);
        }
    }

    /// <summary>The slice of a group that something was added to since the last flush and barrier.</summary>
    protected Slice<T> SliceOf(int group) => _slices[group]!;

    protected void Add(int group, in T value, EventTime time)
    {
        if (_channels[group] < 0)
            throw new MisplacedEventException(_stage.Instance, KeyGroups.PartitionOf(group, Spec.Partitions));
        Slice<T> slice = _slices[group] ?? Open(group);
        if (_isAnnounced && _toldIn[group] != _announcements)
        {
            _toldIn[group] = _announcements;
            slice.AddMark(_announced.Watermark, _announced.Clock, _announced.IsIdle);
        }

        slice.Add(in value, time, _stage.Offset);
        if (_stage.IsGuarded)
            _attempted.Add(group);
        _stage.Held++;
    }

    private Slice<T> Open(int group) => _slices[group] = new Slice<T>(
        new SliceTarget(Spec.Operator, group, _channels[group], Spec.Edge), _codec, _stage.IsSource);
}

/// <summary>Sends each event to the group of its key.</summary>
internal sealed class KeyRouter<TKey, T>(KeyEdge<TKey, T> edge, RouterSpec spec, Stage stage)
    : Router<T>(edge, spec, stage, stage.Plan.Codecs.For<T>())
    where TKey : notnull
{
    private readonly EventKey<TKey, T> _key = edge.Key;
    private readonly KeyHasher<TKey> _hasher = edge.Key.GroupHasher(stage.Plan.Codecs);
    private readonly RunKeys<TKey> _keys = new();

    public override bool TakesRuns => true;

    public override void OnEvent(in T value, EventTime time) =>
        Add(KeyGroups.GroupOf(_hasher.Hash(_key.Take(in value)), Spec.Groups), in value, time);

    public override void OnRun(in Run<T> run)
    {
        if (!_keys.TryTake(run.Values, _key, _hasher))
        {
            base.OnRun(in run);
            return;
        }

        for (int i = 0; i < run.Values.Length; i++)
        {
            run.PassOffset(i);
            Add(KeyGroups.GroupOf(_keys.Hashes[i], Spec.Groups), in run.Values[i], run.Times[i]);
        }

        _keys.Clear();
    }
}

/// <summary>Sends each event to every group.</summary>
internal sealed class BroadcastRouter<T>(BroadcastEdge<T> edge, RouterSpec spec, Stage stage)
    : Router<T>(edge, spec, stage, stage.Plan.Codecs.For<T>())
{
    public override void OnEvent(in T value, EventTime time)
    {
        for (int group = 0; group < Spec.Groups; group++)
            Add(group, in value, time);
    }
}

/// <summary>
/// An event lies in another partition than its key says, in a job that relies on the partitions of its topic.
/// </summary>
public sealed class MisplacedEventException(int actual, int expected) : Exception(
    $"The event lies in partition {actual}, but its key belongs to partition {expected}: it was appended without the "
    + "topic's key, or the topic's key was changed. Send it through the topic's own key, or let the job shuffle with "
    + "KeyBy(event => ...) in place of KeyBy(topic.Key).");

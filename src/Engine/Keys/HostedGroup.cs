namespace Weir.Engine.Keys;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;

/// <summary>
/// The group's side of keys that are hosted one by one: what they emit enters the group's stage in its place between
/// the steps of time.
/// </summary>
internal sealed class HostedGroup(HostedKeys keys, Stage stage)
{
    private readonly Dictionary<int, OutputReplay> _replays = [];

    public HostedKeys Keys => keys;

    public async ValueTask ApplyAsync(
        Slice slice, HostedTime before, IReadOnlyList<GroupStep> steps, IKeyHost host)
    {
        List<CapturedEvent> output = await keys.ApplyAsync(slice, before, steps, host);
        int next = 0;
        foreach (GroupStep step in steps)
        {
            for (; next < output.Count && output[next].Step <= step.Number; next++)
                Push(output[next]);
            stage.Mark(step.Watermark, step.Clock, step.IsIdle);
        }

        for (; next < output.Count; next++)
            Push(output[next]);
    }

    private void Push(CapturedEvent captured)
    {
        if (!_replays.TryGetValue(captured.Node, out OutputReplay? replay))
        {
            replay = OutputOf(captured.Node).CreateReplay(stage);
            _replays.Add(captured.Node, replay);
        }

        replay.Push(captured.Value, captured.Time);
    }

    // What a key emits to is the operator itself or one of its side outputs.
    private StreamNode OutputOf(int node)
    {
        IReadOnlyList<StreamNode> nodes = stage.Plan.Graph.Nodes;
        StreamNode head = nodes[stage.Head];
        if (node == stage.Head)
            return head;
        return node < nodes.Count && nodes[node] is { Kind: "side" } side && side.Upstream.Contains(head)
            ? side
            : throw new CorruptDataException($"a key's output is for {node}, which is no output of its operator");
    }
}

namespace Weir.Engine.Testing;

using Weir.Engine.Graph;
using Weir.Engine.Keys;
using Weir.Engine.Operators;

/// <summary>The keys of one group that are hosted one by one, in a test: each has its program here.</summary>
internal sealed class HarnessKeys(JobPlan plan, GroupProgram group) : IKeyHost
{
    private readonly int _operator = plan.OperatorNames.ToList().IndexOf(group.OperatorName);
    private readonly Dictionary<string, KeyProgram> _programs = [];

    public async ValueTask<KeyAnswer> CallAsync(KeyCall call)
    {
        string key = Convert.ToHexString(call.Key.Span);
        if (call.Version == 0)
            _programs[key] = plan.CreateKey(_operator, group.Group);
        KeyAnswer answer = await _programs[key].ApplyAsync(call);
        if (answer.IsEmpty)
            _programs.Remove(key);
        return answer;
    }

    public ValueTask<ReadOnlyMemory<byte>> SnapshotAsync(ReadOnlyMemory<byte> key) =>
        ValueTask.FromResult<ReadOnlyMemory<byte>>(_programs[Convert.ToHexString(key.Span)].Snapshot());

    public KeyProgram? Find(ReadOnlyMemory<byte> key) => _programs.GetValueOrDefault(Convert.ToHexString(key.Span));
}

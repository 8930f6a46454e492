namespace Weir.Fuzz.Samples;

using Weir.Engine.Graph;
using Weir.Engine.Keys;
using Weir.Engine.Operators;
using Weir.Engine.Testing;

/// <summary>A group's program with all that it needs around it: a host of its keys, and whoever makes its calls.</summary>
internal sealed class SampleGroup(JobPlan plan, int group) : IKeyHost
{
    private readonly GroupProgram _program = plan.CreateGroup(0, group);
    private readonly Queue<PendingCall> _begun = new();
    private HarnessKeys? _keys;

    public GroupProgram Program => _program;

    /// <summary>Gathers what the keys were asked and answered, if they are hosted one by one; null: nobody asks.</summary>
    public List<KeyTurn>? Turns { get; init; }

    private HarnessKeys Keys => _keys ??= new HarnessKeys(plan, _program);

    public void Restore(ReadOnlyMemory<byte> segment) => _program.Restore(segment);

    public byte[] Snapshot() => _program.SnapshotAsync(this).AsTask().GetAwaiter().GetResult();

    public void Apply(Slice slice, IKeyHost? host = null)
    {
        if (_program.HostsKeys)
            _program.ApplyAsync(slice, host ?? this).AsTask().GetAwaiter().GetResult();
        else
            _program.Apply(slice);
    }

    /// <summary>Makes the calls to the outside that the program asks for, and leaves the last ones without outcome.</summary>
    public void MakeCalls(int leave)
    {
        do
        {
            while (_begun.Count > leave)
            {
                PendingCall first = _begun.Dequeue();
                _program.Calls!.Complete(first, first.AttemptAsync(default).GetAwaiter().GetResult());
            }

            while (_program.Calls?.TryBegin(out PendingCall? call) == true)
                _begun.Enqueue(call);
        }
        while (_begun.Count > leave);
    }

    async ValueTask<KeyAnswer> IKeyHost.CallAsync(KeyCall call)
    {
        if (Turns is null)
            return await Keys.CallAsync(call);
        ReadOnlyMemory<byte>? state = call.Version == 0 ? call.State : await Keys.SnapshotAsync(call.Key);
        KeyAnswer answer = await Keys.CallAsync(call);
        Turns.Add(new KeyTurn(call with { Version = 0, State = state }, answer));
        return answer;
    }

    ValueTask<ReadOnlyMemory<byte>> IKeyHost.SnapshotAsync(ReadOnlyMemory<byte> key) => Keys.SnapshotAsync(key);
}

/// <summary>A call of a key as the first one of a new program, and its answer.</summary>
internal sealed record KeyTurn(KeyCall Call, KeyAnswer Answer);

/// <summary>Gives an answer to the first call, and to all others the same without output.</summary>
internal sealed class FirstAnswer(KeyAnswer answer) : IKeyHost
{
    private KeyAnswer _next = answer;

    public ValueTask<KeyAnswer> CallAsync(KeyCall call)
    {
        KeyAnswer given = _next;
        _next = given with { Output = default };
        return ValueTask.FromResult(given);
    }

    public ValueTask<ReadOnlyMemory<byte>> SnapshotAsync(ReadOnlyMemory<byte> key) =>
        throw new InvalidOperationException("The keys of this host have no state.");
}

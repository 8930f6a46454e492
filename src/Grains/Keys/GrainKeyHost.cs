namespace Weir.Grains.Keys;

using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Keys;
using Weir.Grains.Hosting;

/// <summary>
/// The keys of one group of an operator with one grain per key, each in its own grain. Invariant: a grain that was lost
/// is noticed by the number of its next call, which ends the epoch; nothing is applied to less state than there was.
/// </summary>
internal sealed class GrainKeyHost(IGrainFactory grains, HostedJob job, int operatorIndex, long epoch) : IKeyHost
{
    private readonly Codec _codec = job.Codecs.For(job.KeyPlan.KeyTypeOf(operatorIndex)!);
    private readonly Dictionary<string, IHostedKeyGrain> _called = [];

    public async ValueTask<KeyAnswer> CallAsync(KeyCall call)
    {
        string address = AddressOf(call.Key);
        if (!_called.TryGetValue(address, out IHostedKeyGrain? grain))
            _called.Add(address, grain = grains.GetGrain<IHostedKeyGrain>(address));
        WireKeyAnswer answer = await grain.ApplyAsync(new WireKeyCall
        {
            Epoch = epoch,
            Birth = call.Birth,
            Version = call.Version,
            State = call.State,
            Edge = call.Edge,
            Work = call.Work,
        });
        if (answer.IsEmpty)
            _called.Remove(address);
        return new KeyAnswer(
            answer.IsEmpty, answer.HasView, answer.NextEventTimer, answer.NextClockTimer, answer.LateEvents,
            answer.DeadLetters, answer.Output);
    }

    public async ValueTask<ReadOnlyMemory<byte>> SnapshotAsync(ReadOnlyMemory<byte> key) =>
        await grains.GetGrain<IHostedKeyGrain>(AddressOf(key)).SnapshotAsync(epoch);

    /// <summary>Lets all grains go; the epoch has ended.</summary>
    public void Forget()
    {
        foreach (IHostedKeyGrain grain in _called.Values)
            grain.ForgetAsync(epoch).Ignore();
        _called.Clear();
    }

    private string AddressOf(ReadOnlyMemory<byte> key) =>
        $"{job.Name}/{job.KeyPlan.OperatorNames[operatorIndex]}/"
        + KeyText.Format(_codec.ReadObject(new ByteReader(key))!);
}

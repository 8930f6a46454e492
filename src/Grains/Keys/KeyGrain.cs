namespace Weir.Grains.Keys;

using System.Text.Json;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;

/// <summary>
/// A key of an operator: the unit of identity. Every key maps to one such grain, activated on the silo of its key group
/// when someone addresses it. Invariant: it holds no state and never writes; the group that holds the key's window
/// state and timers answers.
/// </summary>
[GrainType("weirkey")]
[RendezvousPlacement]
internal sealed class KeyGrain(JobRegistry jobs, QuarantineCommands commands) : Grain, IKeyGrain
{
    private KeyAddress? _address;

    public Task<WireAnswer?> FindAsync()
    {
        KeyAddress address = Address();
        address.CheckView();
        return GroupOf(address).FindAsync(address.Key);
    }

    public async Task<JsonAnswer?> FindJsonAsync()
    {
        KeyAddress address = Address();
        Type type = address.CheckView();
        if (await GroupOf(address).FindAsync(address.Key) is not { } answer)
            return null;
        object? value = address.Job.Codecs.For(type).ReadObject(new ByteReader(answer.Value));
        return new JsonAnswer(JsonSerializer.Serialize(value, type, WeirJson.Options), answer.Validity);
    }

    public Task<KeyReport?> InspectAsync()
    {
        KeyAddress address = Address();
        return GroupOf(address).InspectAsync(address.Key);
    }

    public Task<QuarantineAnswer> ReleaseAsync() => CommandAsync(release: true);

    public Task<QuarantineAnswer> DiscardAsync() => CommandAsync(release: false);

    private Task<QuarantineAnswer> CommandAsync(bool release)
    {
        KeyAddress address = Address();
        return commands.SendAsync(address, release, GroupOf(address));
    }

    private KeyAddress Address() => _address ??= KeyAddress.Parse(jobs, this.GetPrimaryKeyString());

    private IKeyGroupGrain GroupOf(KeyAddress address) => GrainFactory.GetGrain<IKeyGroupGrain>(
        new GroupAddress(address.Job.Name, address.Operator, address.Group).ToString());
}

/// <summary>A key's address in full: its job, its operator, its bytes and its key group.</summary>
internal sealed record KeyAddress(HostedJob Job, int Operator, ReadOnlyMemory<byte> Key, int Group)
{
    /// <exception cref="WeirException">There is no such job or operator, or the text is not a key of its
    /// type.</exception>
    public static KeyAddress Parse(JobRegistry jobs, string text)
    {
        string[] parts = text.Split('/', 3);
        if (parts.Length < 3)
            throw new WeirException(
                WeirError.InvalidRequest, $"'{text}' does not address a key: it must be job/operator/key.");
        HostedJob job = jobs.Job(parts[0]);
        int index = job.KeyPlan.OperatorNames.ToList().IndexOf(parts[1]);
        if (index < 0)
            throw new WeirException(
                WeirError.UnknownOperator,
                $"The job '{job.Name}' has no operator '{parts[1]}'; it has: "
                + $"{string.Join(", ", job.KeyPlan.OperatorNames)}.");
        Type type = job.KeyPlan.KeyTypeOf(index);
        var bytes = new ByteWriter();
        job.Codecs.For(type).WriteObject(bytes, KeyText.Parse(type, parts[2]));
        return new KeyAddress(job, index, bytes.WrittenMemory, job.KeyPlan.GroupOfKey(index, bytes.WrittenMemory));
    }

    /// <summary>The type of what the operator's view holds.</summary>
    /// <exception cref="WeirException">The operator publishes no view.</exception>
    public Type CheckView() => Job.KeyPlan.ViewOf(Operator)?.ValueType ?? throw new WeirException(
        WeirError.UnknownOperator,
        $"The operator '{Job.KeyPlan.OperatorNames[Operator]}' of '{Job.Name}' publishes no view: "
        + "add PublishAs to it, or inspect the key.");
}

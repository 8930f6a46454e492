namespace Weir.Grains.Keys;

using System.Text.Json;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Keys;
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;
using Weir.Grains.Placement;

/// <summary>
/// A key of an operator: the unit of identity. Every key maps to one such grain, activated on the silo of its key group
/// when someone addresses it. Invariant: who asks it changes nothing. The key's window state and timers lie in its
/// group, which then answers, or, with one grain per key, in here, where only the group's calls change them.
/// </summary>
[GrainType("weirkey")]
[RendezvousPlacement]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class KeyGrain(JobRegistry jobs, QuarantineCommands commands, ResidenceFactory residences)
    : Grain, IKeyGrain, IHostedKeyGrain
{
    private KeyAddress? _address;
    private HostedKey? _hosted;
    private Residence? _residence;

    public Task<WireAnswer?> FindAsync(ReadAt at)
    {
        KeyAddress address = Address();
        address.CheckView();
        if (at.Kind != ReadKind.Live || _hosted is not { } hosted)
            return GroupOf(address).FindAsync(address.Key, at);
        return Task.FromResult(hosted.Program.Find(address.Key) is { } reading
            ? KeyReports.Of(reading, hosted.Epoch)
            : null);
    }

    public async Task<JsonAnswer?> FindJsonAsync(ReadAt at)
    {
        KeyAddress address = Address();
        Type type = address.CheckView();
        if (await FindAsync(at) is not { } answer)
            return null;
        object? value = address.Job.Codecs.For(type).ReadObject(new ByteReader(answer.Value));
        return new JsonAnswer(JsonSerializer.Serialize(value, type, WeirJson.Options), answer.Validity);
    }

    public Task<KeyReport?> InspectAsync(ReadAt at)
    {
        KeyAddress address = Address();
        if (at.Kind != ReadKind.Live || _hosted is not { } hosted)
            return GroupOf(address).InspectAsync(address.Key, at);
        return Task.FromResult(hosted.Program.Inspect(address.Key) is { } inspection
            ? KeyReports.Of(hosted.Program.OperatorName, hosted.Epoch, inspection)
            : null);
    }

    public async Task<WireKeyAnswer> ApplyAsync(WireKeyCall call)
    {
        KeyAddress address = Address();
        HostedKey hosted = call.Version == 0 ? Begin(address, call.Epoch) : HostedIn(call.Epoch);
        try
        {
            KeyAnswer answer = await hosted.Program.ApplyAsync(
                new KeyCall(address.Key, call.Birth, call.Version, call.State, call.Edge, call.Work),
                hosted.Ended.Token);
            if (answer.IsEmpty)
                End();
            return new WireKeyAnswer(
                answer.IsEmpty, answer.HasView, answer.NextEventTimer, answer.NextClockTimer, answer.LateEvents,
                answer.Output, answer.DeadLetters);
        }
        catch (Exception fault) when (fault is not WeirException)
        {
            End();
            throw new WeirException(WeirError.JobNotRunning, fault.Message);
        }
    }

    public Task<ReadOnlyMemory<byte>> SnapshotAsync(long epoch) =>
        Task.FromResult<ReadOnlyMemory<byte>>(HostedIn(epoch).Program.Snapshot());

    public Task ForgetAsync(long epoch)
    {
        if (_hosted?.Epoch <= epoch)
            End();
        return Task.CompletedTask;
    }

    private HostedKey Begin(KeyAddress address, long epoch)
    {
        if (_hosted?.Epoch > epoch)
            throw new WeirException(
                WeirError.JobNotRunning, $"Epoch {epoch} is over: the key is in epoch {_hosted.Epoch}.");
        End();
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        return _hosted = new HostedKey(address.Job.KeyPlan.CreateKey(address.Operator, address.Group), epoch);
    }

    private HostedKey HostedIn(long epoch) => _hosted is { } hosted && hosted.Epoch == epoch
        ? hosted
        : throw new WeirException(
            WeirError.JobNotRunning,
            $"The grain of the key {this.GetPrimaryKeyString()} was lost in epoch {epoch}, and its state with it.");

    private void End()
    {
        if (_hosted is null)
            return;
        _hosted.Ended.Cancel();
        _hosted = null;
        DelayDeactivation(TimeSpan.Zero);
        LeaveIfMoved();
    }

    public Task<QuarantineAnswer> ReleaseAsync() => CommandAsync(release: true);

    public Task<QuarantineAnswer> DiscardAsync() => CommandAsync(release: false);

    private Task<QuarantineAnswer> CommandAsync(bool release)
    {
        KeyAddress address = Address();
        return commands.SendAsync(address, release, GroupOf(address));
    }

    private KeyAddress Address()
    {
        LeaveIfMoved();
        return _address ??= KeyAddress.Parse(jobs, this.GetPrimaryKeyString());
    }

    // What holds state stays until the epoch ends, however far from its group.
    private void LeaveIfMoved()
    {
        _residence ??= residences.Of(GrainContext);
        if (_hosted is null && _residence.HasMoved())
            DeactivateOnIdle();
    }

    private IKeyGroupGrain GroupOf(KeyAddress address) => GrainFactory.GetGrain<IKeyGroupGrain>(
        new GroupAddress(address.Job.Name, address.Operator, address.Group).ToString());
}

/// <summary>The state of a key in its own grain, for one epoch.</summary>
internal sealed record HostedKey(KeyProgram Program, long Epoch)
{
    public CancellationTokenSource Ended { get; } = new();
}

/// <summary>A key's address in full: its job, its operator, its bytes and its key group.</summary>
internal sealed record KeyAddress(HostedJob Job, int Operator, ReadOnlyMemory<byte> Key, int Group)
{
    /// <exception cref="WeirException">There is no such job or operator, it has no keys, or the text is not a key of
    /// its type.</exception>
    public static KeyAddress Parse(JobRegistry jobs, string text)
    {
        string[] parts = text.Split('/', 3);
        if (parts.Length < 3)
            throw new WeirException(
                WeirError.InvalidRequest, $"'{text}' does not address a key: it must be job/operator/key.");
        return Of(jobs.Job(parts[0]), parts[1], parts[2]);
    }

    /// <exception cref="WeirException">As for <see cref="Parse"/>.</exception>
    public static KeyAddress Of(HostedJob job, string name, string key)
    {
        int index = job.KeyPlan.OperatorNames.ToList().IndexOf(name);
        if (index < 0)
            throw new WeirException(
                WeirError.UnknownOperator,
                $"The job '{job.Name}' has no operator '{name}'; it has: "
                + $"{string.Join(", ", job.KeyPlan.OperatorNames)}.");
        Type type = job.KeyPlan.KeyTypeOf(index) ?? throw new WeirException(
            WeirError.UnknownOperator,
            $"The operator '{name}' of '{job.Name}' has no keys, so it holds nothing for one.");
        var bytes = new ByteWriter();
        job.Codecs.For(type).WriteObject(bytes, KeyText.Parse(type, key));
        return new KeyAddress(job, index, bytes.WrittenMemory, job.KeyPlan.GroupOfKey(index, bytes.WrittenMemory));
    }

    /// <summary>Whether a group holds a key of a view: bytes that are no such key are not here either.</summary>
    public static bool IsInGroup(HostedJob job, GroupAddress group, string view, ReadOnlyMemory<byte> key)
    {
        try
        {
            return job.KeyPlan.OperatorOfView(view) == group.Operator
                && job.KeyPlan.GroupOfKey(group.Operator, key) == group.Group;
        }
        catch (CorruptDataException)
        {
            return false;
        }
    }

    /// <summary>The type of what the operator's view holds.</summary>
    /// <exception cref="WeirException">The operator publishes no view.</exception>
    public Type CheckView() => Job.KeyPlan.ViewOf(Operator)?.ValueType ?? throw new WeirException(
        WeirError.UnknownOperator,
        $"The operator '{Job.KeyPlan.OperatorNames[Operator]}' of '{Job.Name}' publishes no view: "
        + "add PublishAs to it, or inspect the key.");
}

namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Client;
using Weir.Contracts.Keys;

internal sealed class QuarantineListCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };

    public QuarantineListCommand()
        : base("list", "List the keys in quarantine and why they are there.") => Arguments.Add(_job);

    public override IReadOnlyList<string> Examples =>
        ["weir quarantine list airport-features", "weir quarantine list airport-features --json"];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        IQuarantine quarantine = session.Client.Quarantine(session.Arguments.GetRequiredValue(_job));
        session.Screen.Quarantine(await quarantine.ListAsync(cancellation).ConfigureAwait(false));
        return ExitCode.Done;
    }
}

/// <summary>What release and discard have in common: they name a key and say what became of it.</summary>
internal abstract class QuarantineKeyCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Argument<string> _operator = new("OPERATOR") { Description = "The operator." };
    private readonly Argument<string> _key = new("KEY") { Description = "The key: a string as it is, else its JSON." };

    protected QuarantineKeyCommand(string name, string description)
        : base(name, description)
    {
        Arguments.Add(_job);
        Arguments.Add(_operator);
        Arguments.Add(_key);
    }

    public override IReadOnlyList<string> Examples => [$"weir quarantine {Name} airport-features hourly SFO"];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string key = session.Arguments.GetRequiredValue(_key);
        QuarantineAnswer answer = await CommandAsync(
            session.Client.Quarantine(session.Arguments.GetRequiredValue(_job)),
            session.Arguments.GetRequiredValue(_operator),
            key,
            cancellation).ConfigureAwait(false);
        if (answer.Left is not { } left)
        {
            session.Screen.Done(answer, $"{key}: {Done(answer.Held)}.");
            return ExitCode.Done;
        }

        session.Screen.Done(
            answer, $"{key} is in quarantine again with {Output.JobText.Count(left.Events, "event")}: {left.Error}");
        return ExitCode.Refused;
    }

    protected abstract Task<QuarantineAnswer> CommandAsync(
        IQuarantine quarantine, string operatorName, string key, CancellationToken cancellation);

    protected abstract string Done(int events);
}

internal sealed class QuarantineReleaseCommand()
    : QuarantineKeyCommand("release", "Apply what is held for a key, once the cause is gone.")
{
    public override IReadOnlyList<string> Notes =>
        ["The events are applied in order; what fails again keeps the key in quarantine, and the exit code is 1."];

    protected override Task<QuarantineAnswer> CommandAsync(
        IQuarantine quarantine, string operatorName, string key, CancellationToken cancellation) =>
        quarantine.ReleaseAsync(operatorName, key, cancellation);

    protected override string Done(int events) => $"{Output.JobText.Count(events, "event")} applied";
}

internal sealed class QuarantineDiscardCommand()
    : QuarantineKeyCommand("discard", "Drop what is held for a key; the key goes on with its state from before.")
{
    public override IReadOnlyList<string> Notes =>
        ["The events go to the operator's dead-letter topic if it has one, else nowhere."];

    protected override Task<QuarantineAnswer> CommandAsync(
        IQuarantine quarantine, string operatorName, string key, CancellationToken cancellation) =>
        quarantine.DiscardAsync(operatorName, key, cancellation);

    protected override string Done(int events) => $"{Output.JobText.Count(events, "event")} discarded";
}

namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Contracts.Keys;

internal sealed class InspectCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Argument<string> _operator = new("OPERATOR") { Description = "The operator." };
    private readonly Argument<string> _key = new("KEY") { Description = "The key: a string as it is, else its JSON." };
    private readonly AtOption _at = new();

    public InspectCommand()
        : base("inspect", "Show everything that an operator holds for a key: windows, timers, state.")
    {
        Arguments.Add(_job);
        Arguments.Add(_operator);
        Arguments.Add(_key);
        Options.Add(_at);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "weir inspect airport-features hourly SFO",
        "weir inspect airport-features hourly SFO --at 17",
        """weir inspect airport-features quiet-routes '{"origin":"SFO","destination":"JFK"}' --json""",
    ];

    public override IReadOnlyList<string> Notes => [AtOption.Note];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string job = session.Arguments.GetRequiredValue(_job);
        string name = session.Arguments.GetRequiredValue(_operator);
        string key = session.Arguments.GetRequiredValue(_key);
        KeyReport? report = await session.Client.Json.At(session.Arguments.GetValue(_at))
            .InspectAsync(job, name, key, cancellation).ConfigureAwait(false);
        if (report is null)
            return session.Screen.NotFound($"the operator '{name}' of the job '{job}' holds nothing for '{key}'");
        session.Screen.Report(report);
        return ExitCode.Done;
    }
}

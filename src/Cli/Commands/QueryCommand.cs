namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Client;

internal sealed class QueryCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Argument<string> _view = new("VIEW") { Description = "The view." };
    private readonly Argument<string> _key = new("KEY") { Description = "The key: a string as it is, else its JSON." };
    private readonly AtOption _at = new();

    public QueryCommand()
        : base("query", "Show what a view holds for a key.")
    {
        Arguments.Add(_job);
        Arguments.Add(_view);
        Arguments.Add(_key);
        Options.Add(_at);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "weir query airport-features latest SFO",
        "weir query airport-features latest SFO --at last",
        """weir query routes days '{"origin":"SFO","destination":"JFK"}' --json""",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "The answer says how far event time had come, whether anything can still change the value, and which",
        "checkpoint it is of. While a job recovers or does not run, a live answer is that of its last checkpoint.",
        AtOption.Note,
    ];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string job = session.Arguments.GetRequiredValue(_job);
        string view = session.Arguments.GetRequiredValue(_view);
        string key = session.Arguments.GetRequiredValue(_key);
        ViewAnswer<string>? answer = await session.Client.Json.At(session.Arguments.GetValue(_at))
            .FindAsync(job, view, key, cancellation).ConfigureAwait(false);
        if (answer is null)
            return session.Screen.NotFound($"the view '{view}' of the job '{job}' has no key '{key}'");
        session.Screen.Answer(key, answer);
        return ExitCode.Done;
    }
}

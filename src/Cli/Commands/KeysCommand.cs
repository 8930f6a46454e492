namespace Weir.Cli.Commands;

using System.CommandLine;

internal sealed class KeysCommand : WeirCommand
{
    private readonly Argument<string> _job = new("JOB") { Description = "The job." };
    private readonly Argument<string> _view = new("VIEW") { Description = "The view." };
    private readonly AtOption _at = new();
    private readonly Option<long?> _limit = new("--limit", "-n") { Description = "Stop after this many keys." };

    public KeysCommand()
        : base("keys", "List the keys of a view.")
    {
        Arguments.Add(_job);
        Arguments.Add(_view);
        Options.Add(_limit);
        Options.Add(_at);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "weir keys airport-features latest",
        "weir keys airport-features latest --limit 10 --json",
        "weir keys airport-features latest --at last",
    ];

    public override IReadOnlyList<string> Notes =>
        ["One key a line, in the form that query takes; with --json a JSON string."];

    public override void Check(ParseResult arguments)
    {
        if (arguments.GetValue(_limit) < 1)
            throw new UsageException("--limit must be 1 or more");
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        long left = session.Arguments.GetValue(_limit) ?? long.MaxValue;
        IAsyncEnumerable<string> keys = session.Client.Json.At(session.Arguments.GetValue(_at)).ListKeysAsync(
            session.Arguments.GetRequiredValue(_job),
            session.Arguments.GetRequiredValue(_view),
            (int)Math.Min(left, 1000),
            cancellation);
        await foreach (string key in keys.ConfigureAwait(false))
        {
            session.Screen.Key(key);
            if (--left == 0)
                break;
        }

        return ExitCode.Done;
    }
}

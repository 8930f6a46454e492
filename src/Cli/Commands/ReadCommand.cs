namespace Weir.Cli.Commands;

using System.CommandLine;
using Weir.Client;

internal sealed class ReadCommand : WeirCommand
{
    private readonly Argument<string> _topic = new("TOPIC") { Description = "The topic." };
    private readonly Option<int?> _partition = new("--partition", "-p")
    {
        Description = "Only this partition; without it all, one after the other.",
    };

    private readonly Option<long?> _from = new("--from")
    {
        Description = "Begin at this offset, in every partition; without it at the first retained one.",
    };

    private readonly Option<bool> _follow = new("--follow", "-f")
    {
        Description = "Go on with new events until the topic is sealed or Ctrl-C; partitions are mixed.",
    };

    private readonly Option<long?> _limit = new("--limit", "-n") { Description = "Stop after this many events." };

    public ReadCommand()
        : base("read", "Read the events of a topic.")
    {
        Arguments.Add(_topic);
        foreach (Option option in (Option[])[_partition, _from, _follow, _limit])
            Options.Add(option);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "weir read views-per-minute",
        "weir read clicks --partition 0 --from 120 --limit 10",
        "weir read quiet-routes --follow --json",
    ];

    public override IReadOnlyList<string> Notes =>
    [
        "A line is partition, offset, time of appending and the event as JSON, separated by tabs. With --json it is",
        """{"partition":0,"offset":12,"stamp":"...","value":{...}}""",
    ];

    public override void Check(ParseResult arguments)
    {
        if (arguments.GetValue(_partition) < 0)
            throw new UsageException("--partition must be 0 or more");
        if (arguments.GetValue(_from) < 0)
            throw new UsageException("--from must be 0 or more");
        if (arguments.GetValue(_limit) < 1)
            throw new UsageException("--limit must be 1 or more");
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        var options = new ReadOptions
        {
            Partition = session.Arguments.GetValue(_partition),
            From = session.Arguments.GetValue(_from),
            Follow = session.Arguments.GetValue(_follow),
        };
        long left = session.Arguments.GetValue(_limit) ?? long.MaxValue;
        IAsyncEnumerable<TopicEvent<string>> events =
            session.Client.Json.ReadAsync(session.Arguments.GetRequiredValue(_topic), options, cancellation);
        await foreach (TopicEvent<string> found in events.ConfigureAwait(false))
        {
            session.Screen.Event(found);
            if (options.Follow)
                session.Screen.Flush();
            if (--left == 0)
                break;
        }

        return ExitCode.Done;
    }
}

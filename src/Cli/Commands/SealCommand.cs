namespace Weir.Cli.Commands;

using System.CommandLine;

internal sealed class SealCommand : WeirCommand
{
    private readonly Argument<string> _topic = new("TOPIC") { Description = "The topic." };

    public SealCommand()
        : base("seal", "End a topic: it takes no more events, and jobs that read it finish.") => Arguments.Add(_topic);

    public override IReadOnlyList<string> Examples => ["weir seal flights"];

    public override IReadOnlyList<string> Notes => ["It can not be undone; repeating it is harmless."];

    public override async Task<int> RunAsync(Session session, CancellationToken cancellation)
    {
        string topic = session.Arguments.GetRequiredValue(_topic);
        await session.Client.SealAsync(topic, cancellation).ConfigureAwait(false);
        session.Screen.Done(new { topic, isSealed = true }, $"{topic} is sealed.");
        return ExitCode.Done;
    }
}

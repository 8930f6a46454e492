namespace Weir.Cli;

using Weir.Contracts;

/// <summary>What a command ends with; shown by <c>weir --help</c>.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Refused = 1;
    public const int WrongUsage = 2;
    public const int NotFound = 3;
    public const int NoAnswer = 4;
    public const int Interrupted = 130;

    public static readonly (int Code, string Meaning)[] All =
    [
        (Done, "done"),
        (Refused, "refused or failed; the message says why"),
        (WrongUsage, "wrong usage"),
        (NotFound, "there is no such topic, job, operator, view, key, checkpoint or savepoint"),
        (NoAnswer, "no silo answers at the gateway"),
        (Interrupted, "interrupted by Ctrl-C"),
    ];

    public static int Of(WeirError error) => error switch
    {
        WeirError.UnknownTopic or WeirError.UnknownJob or WeirError.UnknownOperator or WeirError.NotQuarantined
            or WeirError.UnknownCheckpoint => NotFound,
        WeirError.Unavailable => NoAnswer,
        _ => Refused,
    };
}

using System.CommandLine;
using Weir.Faults;
using Weir.Faults.Rounds;
using Weir.Faults.Silos;

var rounds = new Option<int?>("--rounds") { Description = "How many rounds, of every kind some; default all." };
var seed = new Option<ulong>("--seed")
{
    Description = "What the events and moments follow from.",
    DefaultValueFactory = _ => 1,
};
var only = new Option<string?>("--only") { Description = "Only rounds with this in their names." };
var keep = new Option<bool>("--keep") { Description = "Keeps the files of rounds that pass too." };
var list = new Option<bool>("--list") { Description = "Names the rounds and runs none." };
var directory = new Option<string>("--directory") { Required = true };
var siloPort = new Option<int>("--silo-port") { Required = true };
var gatewayPort = new Option<int>("--gateway-port") { Required = true };
var data = new Option<string>("--data") { Required = true };
var onlyLog = new Option<bool>("--only-log");
var sharesMembers = new Option<bool>("--shares-members");
var rows = new Option<string?>("--rows");
var fault = new Option<string[]>("--fault");
var primary = new Option<int?>("--primary");
var servesLog = new Option<int?>("--serves-log");
var remoteLog = new Option<int?>("--remote-log");

var silo = new Command("silo", "Is what the rounds start.")
{
    directory, data, siloPort, gatewayPort, fault, primary, servesLog, remoteLog, onlyLog, sharesMembers, rows,
};
silo.Hidden = true;
silo.SetAction((arguments, _) => SiloMain.RunAsync(new SiloSpec
{
    Directory = arguments.GetRequiredValue(directory),
    Data = arguments.GetRequiredValue(data),
    SiloPort = arguments.GetRequiredValue(siloPort),
    GatewayPort = arguments.GetRequiredValue(gatewayPort),
    Commands = arguments.GetValue(fault) ?? [],
    Primary = arguments.GetValue(primary),
    ServesLog = arguments.GetValue(servesLog),
    RemoteLog = arguments.GetValue(remoteLog),
    IsOnlyLog = arguments.GetValue(onlyLog),
    SharesMembers = arguments.GetValue(sharesMembers),
    Rows = arguments.GetValue(rows),
}));

var root = new RootCommand("Breaks silos in every way it knows and compares what comes out with what should.")
{
    rounds, seed, only, keep, list, silo,
};
root.SetAction(async (arguments, cancellation) =>
{
    ulong chosenSeed = arguments.GetValue(seed);
    IReadOnlyList<Round> chosen =
        RoundCatalog.Choose(arguments.GetValue(only), arguments.GetValue(rounds), chosenSeed);
    if (arguments.GetValue(list))
    {
        foreach (Round round in chosen)
            Console.WriteLine(round.Name);
        return 0;
    }

    List<RoundResult> results = [];
    foreach (Round round in chosen)
    {
        if (cancellation.IsCancellationRequested)
            break;
        results.Add(await RoundRunner.RunAsync(round, chosenSeed, arguments.GetValue(keep)).WaitAsync(cancellation));
        Report.Line(results[^1]);
    }

    Report.Summary(results);
    return results.Count > 0 && !results.Any(result => result.HasFailed) ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();

using System.CommandLine;
using Weir.Soak.Runs;

var minutes = new Option<double>("--minutes") { Description = "How long.", DefaultValueFactory = _ => 10 };
var rate = new Option<int>("--rate") { Description = "Events per second.", DefaultValueFactory = _ => 5000 };
var seconds = new Option<double>("--seconds") { Description = "How long.", DefaultValueFactory = _ => 60 };
var kill = new Option<int?>("--kill") { Description = "The number of a silo that is killed meanwhile." };

var soak = new Command("soak", "A steady load; tells memory and lag in each third of the time.") { minutes, rate };
soak.SetAction((arguments, _) => new SoakRun(
    TimeSpan.FromMinutes(arguments.GetValue(minutes)), arguments.GetValue(rate)).RunAsync());

var outage = new Command("outage", "The database ends and comes back while events flow.") { seconds, kill };
outage.SetAction((arguments, _) => OutageRun.RunAsync(
    TimeSpan.FromSeconds(arguments.GetValue(seconds)), arguments.GetValue(kill)));

var moves = new Command("moves", "From one silo to three to two while events flow.");
moves.SetAction((_, _) => MoveRun.RunAsync());

var root = new RootCommand(
    "Runs clusters of real silos on a PostgreSQL of their own, for long and through what happens to clusters.")
{
    soak, outage, moves,
};
return await root.Parse(args).InvokeAsync();

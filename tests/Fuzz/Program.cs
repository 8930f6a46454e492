using System.CommandLine;
using Weir.Fuzz;
using Weir.Fuzz.Decoders;
using Weir.Fuzz.Inputs;

var inputs = new Option<long>("--inputs")
{
    Description = "Inputs for each decoder.",
    DefaultValueFactory = _ => new FuzzOptions().Inputs,
};
var seed = new Option<long>("--seed")
{
    Description = "What the inputs follow from.",
    DefaultValueFactory = _ => new FuzzOptions().Seed,
};
var from = new Option<long>("--from") { Description = "Index of the first input, to repeat one that failed." };
var name = new Option<string?>("--decoder") { Description = "Only this decoder." };
name.AcceptOnlyFromAmong([.. AllDecoders.Names]);
var root = new RootCommand("Gives damaged input to everything that decodes input.") { inputs, seed, from, name };
root.SetAction(arguments =>
{
    var options = new FuzzOptions
    {
        Inputs = arguments.GetValue(inputs),
        Seed = arguments.GetValue(seed),
        From = arguments.GetValue(from),
    };
    long passed = 0;
    long failed = 0;
    foreach (Decoder decoder in AllDecoders.Named(arguments.GetValue(name)))
    {
        FuzzResult result = new FuzzRun(decoder, options).Run();
        Console.WriteLine(result);
        foreach (FuzzFailure failure in result.Failures)
            Console.WriteLine(failure);
        passed += result.Accepted + result.Refused;
        failed += Math.Max(result.Failed, result.Failures.Count);
    }

    Console.WriteLine($"{passed} passed, {failed} failed");
    return failed > 0 ? 1 : 0;
});
return root.Parse(args).Invoke();

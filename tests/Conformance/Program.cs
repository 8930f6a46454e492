using Weir.Conformance;

if (args.Length != 1 || !Directory.Exists(args[0]))
{
    Console.Error.WriteLine("usage: Conformance DIR, a directory of case files");
    return 2;
}

Report report = Report.OfDirectory(args[0]);
report.Print(Console.Out);
return report.Failed > 0 ? 1 : 0;

using Weir.Benchmarks.Report;

// Turns what the instruments have left in a directory into a page.
if (args is not [string directory, string page, string commit])
{
    Console.Error.WriteLine("usage: Report DIRECTORY PAGE COMMIT");
    return 2;
}

File.WriteAllText(page, new Page(new Results(directory), commit).Write());
return 0;

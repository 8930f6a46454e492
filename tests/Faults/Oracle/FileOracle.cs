namespace Weir.Faults.Oracle;

using System.Text.Json;
using Weir.Client;
using Weir.Faults.Jobs;

/// <summary>What the sink of the job <c>mix</c> has to hold: every transfer that is none of nothing, once.</summary>
internal static class FileOracle
{
    public static IEnumerable<string> Check(
        string directory, IReadOnlyList<Transfer> transfers, Leeway leeway)
    {
        List<Credited> credits = [];
        foreach (string file in Directory.EnumerateFiles(directory, "*.jsonl"))
        {
            foreach (string line in File.ReadLines(file))
                credits.Add(JsonSerializer.Deserialize<Credited>(line, JsonSerializerOptions.Web)!);
        }

        return Comparison.Of(
            "files",
            transfers.Where(each => each.Amount > 0)
                .Select(each => (each.Id, each.To, each.Amount)),
            credits.Select(each => (each.Id, each.To, each.Amount)),
            leeway);
    }
}

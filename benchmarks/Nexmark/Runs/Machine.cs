namespace Weir.Benchmarks.Nexmark.Runs;

using System.Runtime;
using System.Runtime.InteropServices;

/// <summary>What the figures were measured on.</summary>
internal sealed record Machine(string Cpu, int Cores, double MemoryGigabytes, string System, string Runtime, string Gc)
{
    public static Machine This { get; } = new(
        CpuName(),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9, 1),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        $"{(GCSettings.IsServerGC ? "server" : "workstation")}, {GCSettings.LatencyMode}");

    public override string ToString() =>
        FormattableString.Invariant($"{Cpu}, {Cores} cores, {MemoryGigabytes} GB, {System}, {Runtime}, GC {Gc}");

    private static string CpuName()
    {
        const string path = "/proc/cpuinfo";
        string? line = File.Exists(path)
            ? File.ReadLines(path).FirstOrDefault(each => each.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}

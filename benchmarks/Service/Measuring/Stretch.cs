namespace Weir.Benchmarks.Service.Measuring;

using System.Diagnostics;

/// <summary>What a stretch of work took. CPU and memory are those of the whole process, all threads.</summary>
internal readonly record struct Stretch(TimeSpan Elapsed, TimeSpan Cpu, long Allocated)
{
    /// <summary>What the longer of two runs took beyond what both have.</summary>
    public static Stretch operator -(Stretch longer, Stretch shorter) => new(
        longer.Elapsed - shorter.Elapsed, longer.Cpu - shorter.Cpu, longer.Allocated - shorter.Allocated);

    /// <summary>The figures of so many events, under the headings that all parts use.</summary>
    public Dictionary<string, double> Of(long events) => new()
    {
        [Headings.Rate] = events / Elapsed.TotalSeconds,
        [Headings.Cpu] = Cpu.TotalMicroseconds / events,
        [Headings.Allocated] = Allocated / (double)events,
    };
}

/// <summary>Begins a stretch.</summary>
internal readonly struct StretchStart
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly TimeSpan _cpu = Environment.CpuUsage.TotalTime;
    private readonly long _allocated = GC.GetTotalAllocatedBytes();

    public StretchStart()
    {
    }

    public Stretch End() => new(
        Stopwatch.GetElapsedTime(_began),
        Environment.CpuUsage.TotalTime - _cpu,
        GC.GetTotalAllocatedBytes() - _allocated);
}

/// <summary>The names of figures; a unit is part of each.</summary>
internal static class Headings
{
    public const string Rate = "events/s";
    public const string Cpu = "CPU us/event";
    public const string Allocated = "B allocated/event";
    public const string Half = "p50 us";
    public const string Most = "p99 us";
}

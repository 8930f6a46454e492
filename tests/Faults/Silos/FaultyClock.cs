namespace Weir.Faults.Silos;

/// <summary>The clock of the machine, as far off as it has been told to be; time spans stay true.</summary>
internal sealed class FaultyClock(FaultSwitches switches) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + switches.ClockOffset;
}

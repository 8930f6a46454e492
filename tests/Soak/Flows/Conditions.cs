namespace Weir.Soak.Flows;

using System.Diagnostics;
using Weir.Contracts;

/// <summary>Waits for what is to come, with a bound.</summary>
internal static class Conditions
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks again and again until the answer is yes; that nobody answers at present is a no.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan patience, string what)
    {
        long begin = Stopwatch.GetTimestamp();
        string last = "it was not so";
        using var pace = new PeriodicTimer(Pace);
        while (Stopwatch.GetElapsedTime(begin) < patience)
        {
            try
            {
                if (await condition())
                    return;
            }
            catch (WeirException away) when (away.Error == WeirError.Unavailable)
            {
                last = away.Message;
            }

            await pace.WaitForNextTickAsync();
        }

        throw new TimeoutException($"{what} did not come within {patience.TotalSeconds} s: {last}");
    }

    /// <summary>Lets a stretch of time pass.</summary>
    public static async Task PassAsync(TimeSpan time)
    {
        using var timer = new PeriodicTimer(time);
        await timer.WaitForNextTickAsync();
    }
}

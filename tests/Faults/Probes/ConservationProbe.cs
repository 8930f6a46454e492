namespace Weir.Faults.Probes;

using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Faults.Input;
using Weir.Faults.Jobs;

/// <summary>
/// Adds up all accounts as a checkpoint has them. Invariant that it checks: transfers move money and make none, so the
/// sum is zero in every checkpoint, although the two ends of a transfer are applied by different operators.
/// </summary>
internal sealed class ConservationProbe
{
    private readonly List<string> _problems = [];
    private readonly HashSet<long> _seen = [];
    private volatile bool _forgets;

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>How many different checkpoints were added up.</summary>
    public int Checkpoints => _seen.Count;

    /// <summary>What is stored was brought back from a copy: numbers are given out again.</summary>
    public void StartOver() => _forgets = true;

    public async Task RunAsync(Func<Task<IWeirClient>> connect, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await LookAsync(await connect());
            }
            catch (Exception fault) when (Down.Is(fault))
            {
                // The silo is down, or the checkpoint has been retired meanwhile.
            }

            await Task.Delay(150, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(IWeirClient client)
    {
        if (_forgets)
            _seen.Clear();
        _forgets = false;
        JobStatus status = await client.DescribeJobAsync(MixJob.JobName);
        if (status.Checkpoints.Last?.Number is not { } checkpoint || _seen.Contains(checkpoint))
            return;
        IKeyedView<int, Debited> debits = client.View(MixJob.JobName, MixJob.DebitView).At(ReadAt.AsOf(checkpoint));
        IKeyedView<int, Credited> credits = client.View(MixJob.JobName, MixJob.CreditView).At(ReadAt.AsOf(checkpoint));
        long[] balances = await Task.WhenAll(InputPlan.AllAccounts
            .Select(async account => (await debits.FindAsync(account))?.Value.Balance ?? 0)
            .Concat(InputPlan.AllAccounts
                .Select(async account => (await credits.FindAsync(account))?.Value.Balance ?? 0)));
        _seen.Add(checkpoint);
        if (balances.Sum() != 0)
            _problems.Add($"the accounts of checkpoint {checkpoint} come to {balances.Sum()}, not 0");
    }
}

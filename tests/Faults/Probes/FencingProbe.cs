namespace Weir.Faults.Probes;

using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Topics;
using Weir.Engine.Streams;
using Weir.Faults.Jobs;

/// <summary>
/// Acts as something that is left over from an older epoch of a job. Invariant that it checks: nothing of an older
/// epoch is accepted or has an effect.
/// </summary>
internal sealed class FencingProbe(IGrainFactory grains)
{
    private const int Groups = 64;

    /// <summary>How many of its appends were refused.</summary>
    public int Refused { get; private set; }

    /// <summary>Appends as each group of an operator that writes a topic did in an older epoch would.</summary>
    public async Task<IReadOnlyList<string>> AppendAsync(long lineage, long epoch, int partitions)
    {
        List<string> problems = [];
        for (int group = 0; group < Groups; group++)
        {
            string producer = $"{MixJob.JobName}@{lineage}/credit/{group}";
            for (int partition = 0; partition < partitions; partition++)
            {
                var grain = grains.GetGrain<IAppendGrain>($"t:{MixJob.Credits.Name}/{partition}");
                if (await grain.LastSequenceAsync(producer) is not { } last)
                    continue;
                if (await IsAcceptedAsync(grain, producer, (epoch, last + 1)))
                    problems.Add($"an append of {producer} in epoch {epoch} was accepted");
            }
        }

        return problems;
    }

    /// <summary>Says to a job what participants of an older epoch could still say.</summary>
    public async Task SpeakAsync(string job, long epoch, string participant)
    {
        IJobGrain grain = grains.GetGrain<IJobGrain>($"j:{job}");
        await grain.ReportEndAsync(epoch, participant);
        await grain.ReportFailureAsync(epoch, participant, "this epoch is over", isFatal: true);
        await grain.ReportCheckpointFailureAsync(epoch, 1, participant, "this epoch is over");
        await grain.ClaimAsync(epoch, participant, Guid.NewGuid());
    }

    private async Task<bool> IsAcceptedAsync(IAppendGrain grain, string producer, (long Epoch, long Sequence) at)
    {
        try
        {
            WireReceipt receipt = await grain.AppendAsync(new WireAppend
            {
                Producer = producer,
                ProducerEpoch = at.Epoch,
                Sequence = at.Sequence,
                Batches = [new WireBatch { Kind = BatchKind.Events, Count = 1, Payload = new byte[] { 0 } }],
            });
            return !receipt.WasDuplicate;
        }
        catch (WeirException refusal) when (refusal.Error is WeirError.ProducerFenced)
        {
            Refused++;
            return false;
        }
    }
}

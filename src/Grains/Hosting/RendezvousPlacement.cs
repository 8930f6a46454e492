namespace Weir.Grains.Hosting;

using System.Globalization;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using Weir.Contracts.Json;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>
/// Places grains of a job by rendezvous: every silo has a weight for a key group, and the highest has it. When a silo
/// comes or goes only its own share moves. A key's grain stands beside its key group.
/// </summary>
[Serializable]
[GenerateSerializer]
[Alias("Weir.RendezvousPlacement")]
internal sealed class RendezvousPlacement : PlacementStrategy
{
}

/// <summary>Marks a grain class that is placed by rendezvous.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RendezvousPlacementAttribute() : PlacementAttribute(new RendezvousPlacement());

internal sealed class RendezvousDirector(JobRegistry jobs) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(
        PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] silos = context.GetCompatibleSilos(target);
        ulong key = StableHash.Of(PlaceOf(target.GrainIdentity).AsSpan());
        SiloAddress? best = null;
        ulong bestWeight = 0;
        foreach (SiloAddress silo in silos)
        {
            ulong weight = StableHash.Mix(key ^ StableHash.Mix((ulong)(uint)silo.GetConsistentHashCode()));
            if (best is null || weight > bestWeight)
                (best, bestWeight) = (silo, weight);
        }

        return Task.FromResult(best ?? throw new OrleansException("No silo can host the grain."));
    }

    /// <summary>What decides the place: of a key's grain the key group, of all others their own key.</summary>
    private string PlaceOf(GrainId grain)
    {
        string text = grain.Key.ToString() ?? "";
        string[] parts = text.Split('/', 3);
        if (parts.Length < 3 || grain.Type.ToString() != "weirkey")
            return text;
        try
        {
            HostedJob job = jobs.Job(parts[0]);
            int index = job.KeyPlan.OperatorNames.ToList().IndexOf(parts[1]);
            if (job.KeyPlan.KeyTypeOf(index) is not { } type)
                return text;
            var bytes = new ByteWriter();
            job.Codecs.For(type).WriteObject(bytes, KeyText.Parse(type, parts[2]));
            int group = job.KeyPlan.GroupOfKey(index, bytes.WrittenMemory);
            return string.Create(CultureInfo.InvariantCulture, $"{parts[0]}/{index}/{group}");
        }
        catch (Exception unknown) when (unknown is Contracts.WeirException or ArgumentOutOfRangeException)
        {
            // The grain itself answers what is wrong with its key; anywhere will do for that.
            return text;
        }
    }
}

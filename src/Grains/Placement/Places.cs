namespace Weir.Grains.Placement;

using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Weir.Contracts;
using Weir.Contracts.Json;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Grains.Exchange;
using Weir.Grains.Hosting;
using Weir.Grains.Logs;
using Weir.Grains.Streams;
using Weir.Protocol.Logs;

/// <summary>
/// The place of every grain. What works together has one place: a source, and whoever appends to its partition, stand
/// beside the agent of the partition's queue slot; an operator without keys beside the source that feeds it; a key
/// beside its key group.
/// </summary>
internal sealed class Places(IOptions<WeirStreamOptions> streams, JobRegistry? jobs = null)
{
    /// <summary>The place of a grain. A key that addresses nothing has one as well: the grain itself says what is wrong
    /// with it.</summary>
    public Place Of(GrainId grain)
    {
        string key = grain.Key.ToString() ?? "";
        try
        {
            return grain.Type.ToString() switch
            {
                "weirkeygroup" => OfGroup(GroupAddress.Parse(key)),
                "weirkey" => OfKey(key),
                "weirsource" => OfSource(GroupAddress.Parse(key)),
                "weir.append" => OfPartition(TopicKeys.PartitionOf(key)),
                _ => Place.Alone(key),
            };
        }
        catch (Exception unknown) when (unknown is WeirException or ArgumentOutOfRangeException)
        {
            return Place.Alone(key);
        }
    }

    /// <summary>The place of a key group, or of an instance of an operator without keys.</summary>
    public Place OfGroup(GroupAddress group)
    {
        JobPlan plan = Job(group.Job).KeyPlan;
        if (plan.KeyTypeOf(group.Operator) is not null)
            return group.Group < plan.GroupCount
                ? new Place($"{group.Job}/{group.Operator}", group.Group, plan.GroupCount)
                : Place.Alone(group.ToString());
        int source = plan.SourceBeside(group.Operator);
        return source < 0
            ? Place.Alone(group.ToString())
            : OfPartition(new TopicPartition(plan.TopicOfSource(source).Name, group.Group));
    }

    private Place OfKey(string text)
    {
        string[] parts = text.Split('/', 3);
        if (parts.Length < 3)
            return Place.Alone(text);
        HostedJob job = Job(parts[0]);
        int index = job.KeyPlan.OperatorNames.ToList().IndexOf(parts[1]);
        if (job.KeyPlan.KeyTypeOf(index) is not { } type)
            return Place.Alone(text);
        var bytes = new ByteWriter();
        job.Codecs.For(type).WriteObject(bytes, KeyText.Parse(type, parts[2]));
        return OfGroup(new GroupAddress(parts[0], index, job.KeyPlan.GroupOfKey(index, bytes.WrittenMemory)));
    }

    // A source is addressed as a group is: job, source, partition.
    private Place OfSource(GroupAddress source)
    {
        JobPlan plan = Job(source.Job).KeyPlan;
        return OfPartition(new TopicPartition(plan.TopicOfSource(source.Operator).Name, source.Group));
    }

    // A silo may host topics and streams without jobs.
    private HostedJob Job(string name) =>
        jobs?.Job(name) ?? throw new WeirException(WeirError.UnknownJob, "This silo hosts no jobs.");

    private Place OfPartition(TopicPartition partition)
    {
        int slots = streams.Value.Slots;
        return Place.OfSlot(WeirStreams.SlotOf(partition.Topic, partition.Partition, slots), slots);
    }
}

namespace Weir.Grains.Tests.Streams;

using Weir.Contracts.Topics;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Grains.Logs;
using Weir.Protocol.Logs;

public sealed record Reading(string Sensor, int Value);

public sealed record Other(string Text);

/// <summary>The topics that the tests' silos declare.</summary>
public sealed class TestTopics : ITopicTypes
{
    public static readonly Topic<Reading> Plain = Topic.Of<Reading>("plain");

    public static readonly KeyedTopic<string, Reading> Keyed =
        Topic.Of<Reading>("keyed").KeyedBy(reading => reading.Sensor);

    public CodecRegistry Codecs { get; } = new();

    public Topic? Find(string topic) => topic switch
    {
        "plain" => Plain,
        "keyed" => Keyed,
        _ => null,
    };

    /// <summary>A batch of readings with the values given, as a client sends it.</summary>
    public static WireBatch Batch(params int[] values)
    {
        NewBatch batch = NewBatch(values);
        return new WireBatch
        {
            Kind = batch.Kind,
            Count = batch.Count,
            Schema = batch.Schema,
            Payload = batch.Payload,
        };
    }

    /// <summary>A batch of readings with the values given, as the log takes it.</summary>
    public static NewBatch NewBatch(params int[] values)
    {
        Codec<Reading> codec = new CodecRegistry().For<Reading>();
        var payload = new ByteWriter();
        foreach (int value in values)
        {
            int start = payload.BeginFrame();
            codec.Write(payload, new Reading("a", value));
            payload.EndFrame(start);
        }

        return new NewBatch
        {
            Kind = BatchKind.Events,
            Count = values.Length,
            Schema = Plain.Schema,
            Payload = payload.Detach(),
        };
    }
}

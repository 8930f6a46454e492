namespace Weir.Fuzz.Decoders;

using System.Text.Json;
using Weir.Contracts.Json;
using Weir.Contracts.Topics;
using Weir.Engine.Codecs;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Fuzz.Inputs;
using Weir.Fuzz.Samples;
using Weir.Grains.Logs;
using Weir.Protocol.Logs;

/// <summary>What the grain of a topic takes and shows: payloads to be shown as JSON, events and keys as JSON.</summary>
internal static class TopicDecoders
{
    private static readonly CodecRegistry Codecs = new();

    /// <summary>Payloads of batches, read by the stored types and shown as JSON.</summary>
    public static Decoder Frames() => new(
        "event-frames",
        [
            FramesOf("numbers", Numbers.Some),
            FramesOf("instants", Instants.Some),
            FramesOf("texts", Texts.Some),
            FramesOf("optional", Optional.Some),
            FramesOf("collections", Collections.Some),
            FramesOf("trees", Tree.Some),
            FramesOf("clicks", [new Click("page-1", 2, 3), new Click("page-2", 4, 5)]),
            FramesOf("lines", ["one", "", "three"]),
        ],
        fault => Refusals.IsCorrupt(fault) || Refusals.IsInvalidValue(fault));

    /// <summary>Events as JSON, as a command line sends them.</summary>
    public static Decoder JsonEvents() => new(
        "json-events",
        [
            JsonOf(Topic.Of<Numbers>("numbers"), Numbers.Some[0]),
            JsonOf(Topic.Of<Instants>("instants"), Instants.Some[0]),
            JsonOf(Topic.Of<Texts>("texts"), Texts.Some[0]),
            JsonOf(Topic.Of<Optional>("optional"), Optional.Some[0]),
            JsonOf(Topic.Of<Collections>("collections"), Collections.Some[0]),
            JsonOf(Topic.Of<Tree>("trees").KeyedBy(tree => tree.Left.Name), Tree.Some[0]),
            JsonOf(Click.Input, new Click("page-1", 2, 3)),
            JsonOf(Topic.Of<string>("lines").KeyedBy(line => line), "one"),
        ],
        Refusals.IsInvalidValue);

    /// <summary>Keys as text, as an address has them.</summary>
    public static Decoder JsonKeys() => new(
        "json-keys",
        [
            KeyOf(42L), KeyOf("page"), KeyOf(new Place("page", 3)), KeyOf(("page", 3L)), KeyOf(Guid.Empty),
            KeyOf(new Point(1, -2)), KeyOf(Colour.Green), KeyOf(new EventTime(1)), KeyOf(1.5m), KeyOf('x'), KeyOf(true),
            KeyOf(new DateOnly(2024, 2, 29)), KeyOf(Instants.Some[0]), KeyOf(Texts.Some[0]), KeyOf(Optional.Some[0]),
        ],
        Refusals.IsInvalidValue);

    private static Sample FramesOf<T>(string name, T[] values)
    {
        var topic = Topic.Of<T>(name);
        TopicJson json = TopicJson.Of(topic, Codecs);
        var bytes = new ByteWriter();
        bytes.WriteSigned(values.Length);
        foreach (T value in values)
            EventFrames.Write(bytes, Codecs.For<T>(), in value);
        return new Sample(name, bytes.ToArray(), damaged =>
        {
            var reader = new ByteReader(damaged);
            var wire = new WireBatch
            {
                Count = unchecked((int)reader.ReadSigned()),
                Kind = BatchKind.Events,
                Schema = topic.Schema,
                Payload = reader.ReadMemory(reader.Remaining),
            };
            foreach (JsonEvent each in json.Read(wire.ToBatch(), 0))
                ArgumentNullException.ThrowIfNull(each.Json);
        });
    }

    private static Sample JsonOf<T>(Topic<T> topic, T value)
    {
        TopicJson json = TopicJson.Of(topic, Codecs);
        return Text(topic.Name, JsonSerializer.Serialize(value, WeirJson.Options), damaged =>
        {
            foreach (NewBatch batch in json.Write([damaged], 3, 1).Values)
            {
                var stored = new EventBatch
                {
                    From = 0,
                    Next = batch.Count,
                    Count = batch.Count,
                    Kind = batch.Kind,
                    Schema = batch.Schema ?? "",
                    Payload = batch.Payload,
                };
                try
                {
                    _ = json.Read(stored, 0).Count();
                }
                catch (CorruptDataException refused)
                {
                    throw new MisbehavedException($"an event was stored that can not be read: {refused}");
                }
            }
        });
    }

    private static Sample KeyOf<T>(T key)
        where T : notnull => Text(typeof(T).Name, KeyText.Format(key), damaged =>
    {
        object parsed = KeyText.Parse(typeof(T), damaged);
        KeyText.Format(parsed);
        var bytes = new ByteWriter();
        Codecs.For<T>().WriteObject(bytes, parsed);
    });

    private static Sample Text(string name, string text, Action<string> decode)
    {
        byte[] valid = TextDamage.BytesOf(text);
        return new Sample(name, valid, damaged => decode(TextDamage.TextOf(damaged)))
        {
            Inside = (other, chance) => TextDamage.Of(valid, other, chance),
        };
    }
}

namespace Weir.Protocol.Sinks;

/// <summary>One way out of a stage: a partition of a topic, or a sink.</summary>
/// <param name="Target">Name of the topic, or of the sink as the engine writes it.</param>
/// <param name="Partition">The partition; 0 for a sink.</param>
public readonly record struct OutputLane(string Target, int Partition);

/// <summary>Output with its place in its lane.</summary>
/// <param name="Lane">Where it goes.</param>
/// <param name="Sequence">The sequence of its first event; sequences count events, from 0 in each lineage.</param>
/// <param name="Count">Number of events.</param>
/// <param name="Payload">The events, each as a variable-length count of bytes followed by the bytes of its codec.
/// </param>
public readonly record struct StagedBatch(OutputLane Lane, long Sequence, int Count, ReadOnlyMemory<byte> Payload);

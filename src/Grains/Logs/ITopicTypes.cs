namespace Weir.Grains.Logs;

using Weir.Engine.Codecs;
using Weir.Engine.Streams;

/// <summary>What this silo knows of the types behind topics: those that its jobs declare.</summary>
public interface ITopicTypes
{
    /// <summary>Writes and reads events.</summary>
    CodecRegistry Codecs { get; }

    /// <summary>The topic of that name as a job declares it, or null.</summary>
    Topic? Find(string topic);
}

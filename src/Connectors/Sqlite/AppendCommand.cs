namespace Weir.Connectors.Sqlite;

using Weir.Connectors.Chunks;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>An append, by the <see cref="AppendRules"/>.</summary>
internal sealed class AppendCommand(AppendRequest request, AppendSize size) : WriteCommand<AppendResult>
{
    public override long Bytes => size.Bytes;

    protected override AppendResult Decide(LogStore store) =>
        new AppendRules(request, size).Apply(new Place(store, store.FindPartition(request.Partition)));

    private sealed class Place(LogStore store, PartitionState partition) : IAppendPlace
    {
        public long Id => partition.Id;

        public long Next => partition.Next;

        public bool IsSealed => partition.IsSealed;

        public EventTime Stamp => store.StampFor(partition);

        public ChunkEncoder Encoder => store.Session.Encoder;

        public ProducerEntry? FindProducer(string producer) => store.Session.Producers.Find(partition.Id, producer);

        public ProducerEntry AddProducer(string producer) => store.Session.Producers.Add(partition.Id, producer);

        public void MarkChanged(string producer) => store.Session.Producers.MarkChanged(partition.Id, producer);

        public void Append(Chunk chunk, ChunkOrigin? origin) => store.Append(partition, chunk, origin);
    }
}

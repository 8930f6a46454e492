namespace Weir.Connectors.Sqlite;

using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Weir.Engine.Time;
using Weir.Protocol.Logs;

/// <summary>
/// Checksums of the few rows that everything else is read by: topics, partitions, names of schemas. Rows of a log that
/// was migrated have none until they change; one flipped bit can not take a checksum away, since what says "no value" is
/// two bits from what says "a number".
/// </summary>
internal static class RowChecksum
{
    public static long OfTopic(TopicSpec spec, bool isSealed) => Of(string.Create(
        CultureInfo.InvariantCulture,
        $"{spec.Name}\0{spec.Partitions}\0{spec.Schema}\0{spec.Retention.Age?.Ticks}\0{spec.Retention.BytesPerPartition}"
        + $"\0{isSealed}"));

    public static long OfPartition(TopicPartition name, PartitionInfo info) => OfPartition(
        name, info.First, info.Next, (info.Stamp, info.Bytes, info.IsSealed));

    public static long OfPartition(PartitionState partition) => OfPartition(
        partition.Name, partition.First, partition.Next, (partition.Stamp, partition.Bytes, partition.IsSealed));

    public static long OfSchema(long id, string name) => (long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name), id);

    private static long OfPartition(
        TopicPartition name, long first, long next, (EventTime Stamp, long Bytes, bool IsSealed) tail)
    {
        // With every commit of every partition, so without a text.
        ReadOnlySpan<long> numbers =
            [name.Partition, first, next, tail.Stamp.Milliseconds, tail.Bytes, tail.IsSealed ? 1 : 0];
        ulong hash = XxHash3.HashToUInt64(System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers));
        return OfSchema((long)hash, name.Topic);
    }

    private static long Of(string text) => (long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text));
}

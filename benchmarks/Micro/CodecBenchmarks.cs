namespace Weir.Benchmarks.Micro;

using BenchmarkDotNet.Attributes;
using Weir.Engine.Codecs;

/// <summary>Events as bytes and back, each in a frame of its own as in a batch of the log: time per event.</summary>
public class CodecBenchmarks
{
    private const int Events = 1000;
    private readonly ByteWriter _readings = new();
    private readonly ByteWriter _orders = new();
    private Codec<Reading> _reading = null!;
    private Codec<Order> _order = null!;
    private Reading[] _manyReadings = [];
    private Order[] _manyOrders = [];

    [GlobalSetup]
    public void Prepare()
    {
        var codecs = new CodecRegistry();
        (_reading, _order) = (codecs.For<Reading>(), codecs.For<Order>());
        _manyReadings = Reading.Many(Events);
        _manyOrders = [.. Enumerable.Range(0, Events).Select(Order.Of)];
        Write(_reading, _readings, _manyReadings);
        Write(_order, _orders, _manyOrders);
    }

    [Benchmark(OperationsPerInvoke = Events)]
    public int WriteStruct() => Write(_reading, _readings, _manyReadings);

    [Benchmark(OperationsPerInvoke = Events)]
    public long ReadStruct()
    {
        long sum = 0;
        var reader = new ByteReader(_readings.WrittenMemory);
        for (int i = 0; i < Events; i++)
            sum += Read(_reading, reader).Amount;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Events)]
    public int WriteRecordWithTexts() => Write(_order, _orders, _manyOrders);

    [Benchmark(OperationsPerInvoke = Events)]
    public long ReadRecordWithTexts()
    {
        long sum = 0;
        var reader = new ByteReader(_orders.WrittenMemory);
        for (int i = 0; i < Events; i++)
            sum += Read(_order, reader).Cents;
        return sum;
    }

    private static int Write<T>(Codec<T> codec, ByteWriter bytes, T[] events)
    {
        bytes.Clear();
        foreach (ref readonly T each in events.AsSpan())
        {
            int start = bytes.BeginFrame();
            codec.Write(bytes, in each);
            bytes.EndFrame(start);
        }

        return bytes.Length;
    }

    private static T Read<T>(Codec<T> codec, ByteReader reader)
    {
        int outer = reader.EnterFrame();
        T value = codec.Read(reader);
        reader.LeaveFrame(outer);
        return value;
    }
}

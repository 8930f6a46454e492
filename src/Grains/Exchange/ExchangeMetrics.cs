namespace Weir.Grains.Exchange;

using System.Diagnostics.Metrics;

/// <summary>
/// What goes between silos, as metrics of the meter <c>Weir</c>. Each has the tag <c>job</c>.
/// </summary>
internal sealed class ExchangeMetrics
{
    private readonly Counter<long> _frames;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _slices;
    private readonly Counter<long> _events;

    public ExchangeMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create("Weir");
        _frames = meter.CreateCounter<long>("weir.exchange.frames", "{frame}", "Frames sent to other silos.");
        _bytes = meter.CreateCounter<long>("weir.exchange.bytes", "By", "Bytes of frames sent to other silos.");
        _slices = meter.CreateCounter<long>("weir.exchange.slices", "{slice}", "Slices taken from other silos.");
        _events = meter.CreateCounter<long>("weir.exchange.events", "{event}", "Events taken from other silos.");
    }

    public void Sent(string job, int bytes)
    {
        KeyValuePair<string, object?> tag = new("job", job);
        _frames.Add(1, tag);
        _bytes.Add(bytes, tag);
    }

    public void Taken(string job, long slices, long events)
    {
        KeyValuePair<string, object?> tag = new("job", job);
        _slices.Add(slices, tag);
        _events.Add(events, tag);
    }
}

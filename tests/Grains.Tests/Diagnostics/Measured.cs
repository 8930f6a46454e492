namespace Weir.Grains.Tests.Diagnostics;

using System.Diagnostics.Metrics;
using System.Globalization;

/// <summary>What the meter of one service provider measures, as a collector sees it.</summary>
internal sealed class Measured : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);

    public Measured(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter is { Name: "Weir", Scope: var scope } && scope == meters)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Put(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Put(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Put(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>The value of, for example, <c>weir.operator.keys operator=count-views</c>, or null; the tag of the job is
    /// left out.</summary>
    public double? this[string instrument]
    {
        get
        {
            _values.Clear();
            _listener.RecordObservableInstruments();
            return _values.TryGetValue(instrument, out double value) ? value : null;
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Put(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string name = instrument.Name;
        foreach ((string key, object? tag) in tags)
        {
            if (key != "job")
                name += string.Create(CultureInfo.InvariantCulture, $" {key}={tag}");
        }

        lock (_values)
            _values[name] = value;
    }
}

namespace Weir.Grains.Keys;

using System.Text.Json;
using Weir.Contracts.Json;
using Weir.Contracts.Keys;
using Weir.Engine.Errors;
using Weir.Engine.Operators;

/// <summary>Turns what an operator holds for a key into JSON, within the group's turn.</summary>
internal static class KeyReports
{
    public static KeyReport Of(string operatorName, long epoch, KeyInspection inspection) => new()
    {
        Key = KeyText.Format(inspection.Key),
        Operator = operatorName,
        Group = inspection.Group,
        Epoch = epoch,
        Watermark = inspection.Watermark,
        Clock = inspection.Clock,
        Windows = [.. inspection.Windows.Select(Of)],
        Timers = [.. inspection.Timers.Select(timer => new TimerReport(timer.Time, timer.Domain, timer.Name))],
        State = Of(inspection.State),
        Quarantine = inspection.Quarantine is { } held ? Of(operatorName, held) : null,
    };

    public static QuarantineReport Of(string operatorName, QuarantinedKey held) => new()
    {
        Operator = operatorName,
        Key = KeyText.Format(held.Key),
        Events = held.Events,
        Error = held.Error,
        Watermark = held.Watermark,
        Clock = held.Clock,
    };

    public static WireAnswer Of(ViewReading reading, long epoch, long? checkpoint = null) => new(
        reading.Value,
        new Validity(reading.Window, reading.IsFinal, reading.Watermark, epoch) { Checkpoint = checkpoint });

    public static string? JsonOf(object? value) =>
        value is null ? null : JsonSerializer.Serialize(value, value.GetType(), WeirJson.Options);

    private static WindowReport Of(OpenWindow window) =>
        new(window.Window, JsonOf(window.Contents)) { State = Of(window.State) };

    private static StateReport[] Of(IReadOnlyList<HeldState> state) =>
        [.. state.Select(each => new StateReport(each.Name, JsonOf(each.Value) ?? "null"))];
}

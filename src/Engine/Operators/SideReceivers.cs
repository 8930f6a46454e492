namespace Weir.Engine.Operators;

using Weir.Engine.Graph;
using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>The side outputs of a function that somebody takes, each with what takes its events in the stage.</summary>
internal sealed class SideReceivers
{
    private readonly string _operator;
    private readonly Dictionary<object, object> _receivers = [];

    public SideReceivers(string operatorName, IEnumerable<ISideOfProcess> sides, Stage stage)
    {
        _operator = operatorName;
        foreach (ISideOfProcess side in sides)
            _receivers.Add(side.Output, side.Receivers(stage));
    }

    public void Emit<T>(SideOutput<T> side, T value, EventTime time)
    {
        if (!_receivers.TryGetValue(side, out object? receiver))
            throw new InvalidOperationException(
                $"The side output '{side.Name}' of '{_operator}' is not taken: add .Side(...) to the operator, or do "
                + "not emit to it.");
        ((Receiver<T>)receiver).OnEvent(in value, time);
    }
}

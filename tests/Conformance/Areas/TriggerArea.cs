namespace Weir.Conformance.Areas;

using System.Text.Json;

/// <summary>Triggers alone, without an operator.</summary>
internal sealed class TriggerArea : Area
{
    public override void Run(JsonElement each) => throw NotYet("triggers of choice");
}

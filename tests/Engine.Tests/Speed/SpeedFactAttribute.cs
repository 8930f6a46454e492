namespace Weir.Engine.Tests.Speed;

using System.Diagnostics;
using System.Reflection;
using Weir.Engine.Operators;

/// <summary>A test of speed: it means nothing where the compiler was told not to optimize, as in a debug build.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SpeedFactAttribute : FactAttribute
{
    public SpeedFactAttribute()
    {
        if (typeof(GroupProgram).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true })
            Skip = "The engine is built without optimization.";
    }
}

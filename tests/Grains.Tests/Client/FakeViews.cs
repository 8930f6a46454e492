namespace Weir.Grains.Tests.Client;

using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Weir.Client;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Codecs;
using Weir.Engine.Time;

/// <summary>
/// The grains of a view that describes itself as a test says, and writes down who was asked. A group answers if it has the
/// operator and the number that the view's groups have now.
/// </summary>
public class FakeViews : DispatchProxy
{
    private readonly List<string> _asked = [];

    public static (IWeirClient Client, FakeViews Views) Create(ILocalGroups? local = null)
    {
        var factory = Create<IGrainFactory, FakeViews>();
        IServiceCollection all = new ServiceCollection()
            .AddSerializer()
            .AddSingleton(factory)
            .AddWeirClient();
        if (local is not null)
            all.AddSingleton(local);
        ServiceProvider services = all.BuildServiceProvider();
        return (services.GetRequiredService<IWeirClient>(), (FakeViews)(object)factory);
    }

    /// <summary>What the view says of itself.</summary>
    public required ViewDescription Description { get; set; }

    /// <summary>The groups that answer, as <c>operator/group</c>.</summary>
    public Func<string, bool> Answers { get; set; } = _ => true;

    /// <summary>Who was asked since the last call, in order.</summary>
    public string[] Asked()
    {
        string[] asked = [.. _asked];
        _asked.Clear();
        return asked;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        Type grain = targetMethod!.GetGenericArguments()[0];
        object fake = typeof(DispatchProxy).GetMethod(nameof(Create), 2, [])!
            .MakeGenericMethod(grain, typeof(FakeGrain)).Invoke(null, null)!;
        ((FakeGrain)fake).Call = (method, _) => Answer(grain, (string)args![0]!, method);
        return fake;
    }

    private object Answer(Type grain, string key, string method)
    {
        string name = grain == typeof(IKeyGroupGrain) ? "group" : grain == typeof(IKeyGrain) ? "key" : "view";
        _asked.Add($"{name} {key}");
        return method switch
        {
            nameof(IViewGrain.DescribeAsync) => Task.FromResult(Description),
            nameof(IKeyGroupGrain.FindOfAsync) => Task.FromResult(
                Answers(key) ? new GroupAnswer(true, Found()) : default),
            nameof(IKeyGrain.FindAsync) => Task.FromResult<WireAnswer?>(Found()),
            _ => throw new NotSupportedException(method),
        };
    }

    private static WireAnswer Found() => Found(7, 1);

    /// <summary>An answer of an epoch.</summary>
    public static WireAnswer Found(long value, long epoch)
    {
        var bytes = new ByteWriter();
        new CodecRegistry().For<long>().Write(bytes, value);
        return new WireAnswer(bytes.WrittenMemory, new Validity(null, false, EventTime.MinValue, epoch));
    }
}

/// <summary>A grain whose calls a test answers.</summary>
public class FakeGrain : DispatchProxy
{
    public required Func<string, object?[]?, object> Call { get; set; }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Call(targetMethod!.Name, args);
}

namespace Weir.Grains.Tests.Jobs;

using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Runtime;
using Orleans.Serialization;
using Weir.Contracts;
using Weir.Grains.Jobs;

public sealed class OutagesTests
{
    public static TheoryData<Exception> Away { get; } =
    [
        new NpgsqlException("Failed to connect to 127.0.0.1:5432"),
        new OrleansException(
            "Error from storage provider during ReadStateAsync",
            new NpgsqlException("Exception while reading from stream", new EndOfStreamException())),
        new OrleansException("outer", new OrleansException("inner", new TimeoutException())),
        new SiloUnavailableException("a silo"),
        new WeirException(WeirError.Unavailable, "the log"),
        new AggregateException(new TimeoutException(), new SqliteException("disk", 10)),
    ];

    public static TheoryData<Exception> Wrong { get; } =
    [
        new OrleansException("a grain that is none"),
        new OrleansException("outer", new InvalidOperationException()),
        new WeirException(WeirError.JobFailed, "a function"),
        new AggregateException(new TimeoutException(), new InvalidOperationException()),
        new InvalidOperationException("outer", new TimeoutException()),
    ];

    [Theory]
    [MemberData(nameof(Away))]
    public void WhatDoesNotAnswer_IsNoFailureOfAJob(Exception fault) => Assert.True(Outages.Is(fault));

    [Theory]
    [MemberData(nameof(Wrong))]
    public void WhatFails_IsOne(Exception fault) => Assert.False(Outages.Is(fault));

    [Fact]
    public void TheStorageOfAGrain_IsKnownToBeAway_InAnotherSilo_Too()
    {
        // As every silo has it.
        using ServiceProvider services = new ServiceCollection()
            .AddSerializer()
            .Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.Add(nameof(Npgsql)))
            .BuildServiceProvider();
        Serializer serializer = services.GetRequiredService<Serializer>();
        byte[] sent = serializer.SerializeToArray<Exception>(new OrleansException(
            "Error from storage provider during ReadStateAsync",
            new NpgsqlException("Failed to connect", new IOException("refused"))));
        Assert.True(Outages.Is(serializer.Deserialize<Exception>(sent)!));
    }
}

namespace Weir.Grains.Streams;

using Orleans.Runtime.Providers;
using Orleans.Streams;

/// <summary>Never ends a subscription because a delivery failed: the agent repeats it until it succeeds.</summary>
internal sealed class PatientFailureHandler : IStreamFailureHandler
{
    public bool ShouldFaultSubsriptionOnError => false;

    public Task OnDeliveryFailure(
        GuidId subscriptionId,
        string streamProviderName,
        StreamId streamIdentity,
        StreamSequenceToken? sequenceToken) =>
        Task.CompletedTask;

    public Task OnSubscriptionFailure(
        GuidId subscriptionId,
        string streamProviderName,
        StreamId streamIdentity,
        StreamSequenceToken? sequenceToken) =>
        Task.CompletedTask;
}

/// <summary>How long to wait before attempt n + 1: twice as long each time, up to a limit.</summary>
internal sealed class RedeliveryBackoff(TimeSpan first, TimeSpan most) :
    IMessageDeliveryBackoffProvider, IQueueReaderBackoffProvider
{
    public TimeSpan Next(int attempt)
    {
        TimeSpan wait = first * Math.Pow(2, Math.Clamp(attempt, 0, 30));
        return wait < most ? wait : most;
    }
}

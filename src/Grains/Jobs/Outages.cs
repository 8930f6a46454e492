namespace Weir.Grains.Jobs;

using System.Data.Common;
using Orleans.Runtime;
using Weir.Contracts;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Logs;

/// <summary>
/// Tells that something all jobs need does not answer at present: the log, the store, the records, a silo. Invariant: no
/// restart strategy counts it, because nothing is wrong with the job; it is tried again until there is an answer.
/// </summary>
internal static class Outages
{
    public static bool Is(Exception fault) => fault switch
    {
        EventLogException log => log.Error == EventLogError.Unavailable,
        CheckpointStoreException store => store.Error == CheckpointStoreError.Unavailable,
        WeirException weir => weir.Error == WeirError.Unavailable,
        AggregateException many => many.InnerExceptions.All(Is),
        DbException or TimeoutException or SiloUnavailableException or OrleansMessageRejectionException => true,

        // What grains of Orleans say when their storage fails: those that know the subscribers of streams have a row each.
        OrleansException { InnerException: { } cause } => Is(cause),
        _ => false,
    };
}

namespace Weir.Samples.Flights.Runs;

using Weir.Client;

/// <summary>Where the job of a run is hosted, for the time of the run.</summary>
internal interface IRunHost : IAsyncDisposable
{
    /// <summary>The client of the run.</summary>
    IWeirClient Client { get; }

    /// <summary>What the command line of Weir is told to find the job: gateways as <c>host:port</c>.</summary>
    string Gateways { get; }
}

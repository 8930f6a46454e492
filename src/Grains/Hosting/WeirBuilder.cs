namespace Weir.Grains.Hosting;

using Microsoft.Extensions.DependencyInjection;
using Weir.Engine.Streams;

/// <summary>States what a silo hosts; see <see cref="WeirHosting.AddWeir"/>.</summary>
public sealed class WeirBuilder
{
    private readonly List<Type> _jobs = [];
    private readonly List<Topic> _topics = [];

    internal WeirBuilder(IServiceCollection services) => Services = services;

    /// <summary>
    /// The silo's services; what user functions ask for in their job's constructor is registered here.
    /// </summary>
    public IServiceCollection Services { get; }

    internal IReadOnlyList<Type> Jobs => _jobs;

    internal IReadOnlyList<Topic> Topics => _topics;

    /// <summary>Hosts a job. Every silo of a cluster hosts the same jobs.</summary>
    /// <typeparam name="TJob">The job; made by dependency injection.</typeparam>
    public WeirBuilder AddJob<TJob>()
        where TJob : StreamJob => AddJob(typeof(TJob));

    /// <summary>Hosts a job.</summary>
    /// <param name="job">A class derived from <see cref="StreamJob"/> that is not abstract.</param>
    /// <exception cref="ArgumentException">The type is not such a class.</exception>
    public WeirBuilder AddJob(Type job)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (!typeof(StreamJob).IsAssignableFrom(job) || job.IsAbstract)
            throw new ArgumentException($"{job} is not a job: it must be a class derived from StreamJob.", nameof(job));
        if (!_jobs.Contains(job))
            _jobs.Add(job);
        return this;
    }

    /// <summary>
    /// Makes the silo know a topic that none of its jobs uses, so that plain Orleans streams and tools can use it.
    /// </summary>
    public WeirBuilder AddTopic(Topic topic)
    {
        ArgumentNullException.ThrowIfNull(topic);
        _topics.Add(topic);
        return this;
    }

    /// <summary>Changes settings.</summary>
    public WeirBuilder Configure(Action<WeirOptions> configure)
    {
        Services.Configure(configure);
        return this;
    }
}

namespace Weir.Grains.Hosting;

using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Weir.Contracts;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;

/// <summary>A job that this silo hosts, with its validated graph.</summary>
internal sealed record HostedJob(JobGraph Graph, CodecRegistry Codecs)
{
    public string Name => Graph.Name;

    /// <summary>The name of the job that it is a fork of, or null.</summary>
    public string? ForkOf { get; init; }

    /// <summary>The name under which it writes what the graph calls a topic: a fork has topics of its own.</summary>
    public string OwnTopic(string topic) => ForkOf is { } job ? topic + Name[job.Length..] : topic;

    /// <summary>Its topics whose events another system has placed; see <see cref="JobPlan.Scattered"/>.</summary>
    public IReadOnlySet<string> Scattered { get; init; } = new HashSet<string>();

    /// <summary>Plans it for partition counts.</summary>
    public JobPlan PlanFor(IReadOnlyDictionary<string, int> partitions) => new(Graph, Codecs, partitions)
    {
        KeyText = Contracts.Json.KeyText.Format,
        Scattered = Scattered,
    };

    /// <summary>Answers what depends on keys alone; the number of partitions plays no part in it.</summary>
    public JobPlan KeyPlan { get; } = new(
        Graph,
        Codecs,
        Graph.Inputs.Concat(Graph.Outputs).DistinctBy(topic => topic.Name).ToDictionary(topic => topic.Name, _ => 1));
}

/// <summary>
/// The jobs and topics that this silo knows. All graphs are built when the silo starts, so a faulty one is found then.
/// </summary>
internal sealed class JobRegistry : Logs.ITopicTypes
{
    private readonly SortedDictionary<string, HostedJob> _jobs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StreamJob> _definitions = [];
    private readonly ConcurrentDictionary<string, HostedJob> _forks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Topic> _topics = [];
    private readonly Logs.TopicRoute[] _routes;

    public JobRegistry(WeirBuilder builder, IServiceProvider services, CodecRegistry codecs)
    {
        Codecs = codecs;
        _routes = [.. services.GetServices<Logs.TopicRoute>()];
        foreach (Type type in builder.Jobs)
        {
            var job = (StreamJob)ActivatorUtilities.CreateInstance(services, type);
            HostedJob hosted = Host(JobGraph.Build(job, codecs), null);
            if (!_jobs.TryAdd(hosted.Name, hosted))
                throw new JobDefinitionException(
                    hosted.Name, [$"Two jobs have the name '{hosted.Name}'; one of them is {type}."]);
            _definitions.Add(hosted.Name, job);
            foreach (Topic topic in hosted.Graph.Inputs.Concat(hosted.Graph.Outputs))
                AddTopic(topic, hosted.Name);
            if (hosted.Graph.Commands is { } commands)
                AddTopic(commands, hosted.Name);
        }

        foreach (Topic topic in builder.Topics)
            AddTopic(topic, "this silo");
    }

    public CodecRegistry Codecs { get; }

    public IReadOnlyCollection<HostedJob> Jobs => _jobs.Values;

    /// <summary>
    /// The job of a name. <c>page-views.what-if</c> is the fork <c>what-if</c> of <c>page-views</c>: the same graph under
    /// another name. Whether there is such a fork its own record knows.
    /// </summary>
    /// <exception cref="WeirException">No such job is hosted.</exception>
    public HostedJob Job(string name) => _jobs.GetValueOrDefault(name)
        ?? Fork(name)
        ?? throw new WeirException(
            WeirError.UnknownJob,
            _jobs.Count == 0
                ? $"There is no job '{name}': this silo hosts no jobs. Start it with the assemblies that hold them."
                : $"There is no job '{name}'; there are: {string.Join(", ", _jobs.Keys)}.");

    public Topic? Find(string topic)
    {
        // What a fork or a later lineage writes has the name of the original and then its own.
        for (string name = topic; ;)
        {
            if (_topics.TryGetValue(name, out Topic? found))
                return found;
            int dot = name.LastIndexOf('.');
            if (dot < 1)
                return null;
            name = name[..dot];
        }
    }

    private HostedJob? Fork(string name)
    {
        if (_forks.TryGetValue(name, out HostedJob? known))
            return known;
        int dot = name.LastIndexOf('.');
        if (dot < 1 || !_definitions.TryGetValue(name[..dot], out StreamJob? job))
            return null;
        try
        {
            return _forks.GetOrAdd(name, Host(JobGraph.Build(job, Codecs, name), name[..dot]));
        }
        catch (JobDefinitionException)
        {
            return null;
        }
    }

    private HostedJob Host(JobGraph graph, string? forkOf)
    {
        var job = new HostedJob(graph, Codecs)
        {
            ForkOf = forkOf,
            Scattered = _routes.Where(route => !route.Log.Capabilities.PlacesByKey)
                .SelectMany(route => route.Topics)
                .ToHashSet(StringComparer.Ordinal),
        };
        Logs.RouteRules.Check(job, _routes);
        return job;
    }

    private void AddTopic(Topic topic, string user)
    {
        if (_topics.TryGetValue(topic.Name, out Topic? known) && known.EventType != topic.EventType)
            throw new JobDefinitionException(
                user,
                [$"The topic '{topic.Name}' holds {known.EventType.Name} elsewhere, {topic.EventType.Name} here."]);

        // A topic with a key says more than the same topic without: keep it.
        if (known is null || !known.HasKey)
            _topics[topic.Name] = topic;
    }
}

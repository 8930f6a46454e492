namespace Weir.Grains.Hosting;

using Microsoft.Extensions.DependencyInjection;
using Weir.Contracts;
using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Streams;

/// <summary>A job that this silo hosts, with its validated graph.</summary>
internal sealed record HostedJob(JobGraph Graph, CodecRegistry Codecs)
{
    public string Name => Graph.Name;

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
    private readonly Dictionary<string, Topic> _topics = [];

    public JobRegistry(WeirBuilder builder, IServiceProvider services, CodecRegistry codecs)
    {
        Codecs = codecs;
        foreach (Type type in builder.Jobs)
        {
            var job = (StreamJob)ActivatorUtilities.CreateInstance(services, type);
            var hosted = new HostedJob(JobGraph.Build(job, codecs), codecs);
            if (!_jobs.TryAdd(hosted.Name, hosted))
                throw new JobDefinitionException(
                    hosted.Name, [$"Two jobs have the name '{hosted.Name}'; one of them is {type}."]);
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

    /// <exception cref="WeirException">No such job is hosted.</exception>
    public HostedJob Job(string name) => _jobs.TryGetValue(name, out HostedJob? job)
        ? job
        : throw new WeirException(
            WeirError.UnknownJob,
            _jobs.Count == 0
                ? $"There is no job '{name}': this silo hosts no jobs. Start it with the assemblies that hold them."
                : $"There is no job '{name}'; there are: {string.Join(", ", _jobs.Keys)}.");

    public Topic? Find(string topic) => _topics.GetValueOrDefault(topic);

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

namespace Weir.Grains.Tests.Cli;

using System.Reflection;
using Weir.Cli;
using Weir.Client;
using Weir.Contracts;
using Weir.Contracts.Jobs;
using Weir.Contracts.Keys;
using Weir.Engine.Time;

/// <summary>
/// A client whose one job is as a test says. It keeps what it was asked for, and answers keys with the time at which
/// they are read.
/// </summary>
public class FakeJobs : DispatchProxy
{
    private readonly FakeKeys _keys = new();

    /// <summary>The calls that change something, in order.</summary>
    internal List<object> Asked { get; } = [];

    /// <summary>How the job is.</summary>
    internal JobStatus Status { get; set; } = new() { Name = "flights", State = JobState.Running, Epoch = 3 };

    /// <summary>Its checkpoints and savepoints.</summary>
    internal CheckpointDescription[] Checkpoints { get; set; } = [];

    /// <summary>What every change is refused with, or null.</summary>
    internal WeirException? Refusal { get; set; }

    internal static (IWeirClient Client, FakeJobs Fake) Create()
    {
        var client = Create<IWeirClient, FakeJobs>();
        return (client, (FakeJobs)(object)client);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        "get_Json" => _keys,
        nameof(IWeirClient.DescribeJobAsync) => Task.FromResult(Status),
        nameof(IWeirClient.ListJobsAsync) => Task.FromResult<IReadOnlyList<JobStatus>>([Status]),
        nameof(IWeirClient.ListCheckpointsAsync) =>
            Task.FromResult<IReadOnlyList<CheckpointDescription>>(Checkpoints),
        nameof(IWeirClient.StartJobAsync) or nameof(IWeirClient.StopJobAsync) => Ask(args![1]!, Status),
        nameof(IWeirClient.TakeSavepointAsync) => Ask(args![1]!, Checkpoints.FirstOrDefault()),
        nameof(IWeirClient.DeleteSavepointAsync) => Ask(args![1]!, true),
        var other => throw new NotSupportedException(other),
    };

    private Task<T> Ask<T>(object asked, T answer)
    {
        Asked.Add(asked);
        return Refusal is null ? Task.FromResult(answer) : Task.FromException<T>(Refusal);
    }

    private sealed class FakeKeys : IJsonClient
    {
        private ReadAt _at;

        private long? Checkpoint => _at.Kind switch
        {
            ReadKind.Live => null,
            ReadKind.LastCheckpoint => 12,
            _ => _at.Checkpoint,
        };

        public IJsonClient At(ReadAt at) => new FakeKeys { _at = at };

        public Task<ViewAnswer<string>?> FindAsync(
            string job, string view, string key, CancellationToken cancellation = default) =>
            Task.FromResult<ViewAnswer<string>?>(
                new ViewAnswer<string>("7", Window: null, IsFinal: false, new EventTime(1000), Epoch: 3)
                {
                    Checkpoint = Checkpoint,
                });

        public async IAsyncEnumerable<string> ListKeysAsync(
            string job,
            string view,
            int pageSize = 1000,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
        {
            await Task.CompletedTask;
            yield return $"{_at.Kind} {_at.Checkpoint}";
        }

        public Task<KeyReport?> InspectAsync(
            string job, string operatorName, string key, CancellationToken cancellation = default) =>
            Task.FromResult<KeyReport?>(new KeyReport
            {
                Key = key,
                Operator = operatorName,
                Group = 5,
                Epoch = 3,
                Watermark = new EventTime(1000),
                Clock = new EventTime(2000),
                Windows = [],
                Timers = [],
                State = [],
                Checkpoint = Checkpoint,
            });

        public Task<IReadOnlyList<Contracts.Topics.WireReceipt>> SendAsync(
            string topic, IReadOnlyList<string> events, CancellationToken cancellation = default) =>
            throw new NotSupportedException();

        public IAsyncEnumerable<TopicEvent<string>> ReadAsync(
            string topic, ReadOptions? options = null, CancellationToken cancellation = default) =>
            throw new NotSupportedException();
    }
}

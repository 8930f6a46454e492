namespace Weir.Faults.Silos;

using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Weir.Protocol.Logs;

/// <summary>A log in another process; see <see cref="LogServer"/>.</summary>
internal sealed class RemoteEventLog(int port) : IEventLog
{
    private readonly HttpClient _http = new()
    {
        BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/")),
        Timeout = TimeSpan.FromSeconds(5),
    };

    public LogCapabilities Capabilities { get; } =
        new(KeepsBatches: true, DedupesProducers: true, Pins: true, Ticks: true) { Supersedes = true };

    public async Task<TopicInfo> CreateTopicAsync(TopicSpec spec, CancellationToken cancellation = default) =>
        (await CallAsync<TopicInfo>("create", new LogCall { Spec = spec }, cancellation))!;

    public Task<TopicInfo?> FindTopicAsync(string topic, CancellationToken cancellation = default) =>
        CallAsync<TopicInfo>("find", new LogCall { Name = topic }, cancellation);

    public async Task<IReadOnlyList<TopicInfo>> ListTopicsAsync(CancellationToken cancellation = default) =>
        (await CallAsync<TopicInfo[]>("list", new LogCall(), cancellation))!;

    public Task DeleteTopicAsync(string topic, CancellationToken cancellation = default) =>
        CallAsync<object>("delete", new LogCall { Name = topic }, cancellation);

    public async Task<AppendResult> AppendAsync(AppendRequest request, CancellationToken cancellation = default) =>
        (await CallAsync<AppendResult>("append", new LogCall { Append = request }, cancellation))!;

    public async Task<LogFetch> ReadAsync(
        TopicPartition partition, long from, ReadLimits limits, CancellationToken cancellation = default) =>
        (await CallAsync<LogFetch>(
            "read", new LogCall { Partition = partition, Offset = from, Limits = limits }, cancellation))!;

    public async Task<PartitionInfo> DescribeAsync(TopicPartition partition, CancellationToken cancellation = default) =>
        (await CallAsync<PartitionInfo>("describe", new LogCall { Partition = partition }, cancellation))!;

    public Task<long?> LastSequenceAsync(
        string producer, TopicPartition partition, CancellationToken cancellation = default) =>
        CallAsync<long?>("last", new LogCall { Name = producer, Partition = partition }, cancellation);

    public async Task<IReadOnlyList<string>> ListProducersAsync(
        TopicPartition partition, string prefix, CancellationToken cancellation = default) =>
        (await CallAsync<string[]>("producers", new LogCall { Name = prefix, Partition = partition }, cancellation))!;

    public Task<long> SupersedeAsync(SupersedeRequest request, CancellationToken cancellation = default) =>
        CallAsync<long>("supersede", new LogCall { Supersede = request }, cancellation);

    public Task SealAsync(string topic, CancellationToken cancellation = default) =>
        CallAsync<object>("seal", new LogCall { Name = topic }, cancellation);

    public Task PinAsync(
        string pin, TopicPartition partition, long offset, CancellationToken cancellation = default) =>
        CallAsync<object>("pin", new LogCall { Name = pin, Partition = partition, Offset = offset }, cancellation);

    public Task ReleasePinAsync(string pin, CancellationToken cancellation = default) =>
        CallAsync<object>("release", new LogCall { Name = pin }, cancellation);

    public Task TruncateAsync(TopicPartition partition, long before, CancellationToken cancellation = default) =>
        CallAsync<object>("truncate", new LogCall { Partition = partition, Offset = before }, cancellation);

    public Task ApplyRetentionAsync(CancellationToken cancellation = default) =>
        CallAsync<object>("retention", new LogCall(), cancellation);

    // A hint only: readers look by themselves.
    public IDisposable Watch(Action<TopicPartition, long> appended) => new Nothing();

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<T?> CallAsync<T>(string method, LogCall call, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await _http.PostAsJsonAsync(method, call, cancellation);
            if (answer.StatusCode != HttpStatusCode.Conflict)
                return await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<T>(cancellation);
            LogRefusal refusal = (await answer.Content.ReadFromJsonAsync<LogRefusal>(cancellation))!;
            throw new EventLogException(refusal.Error, refusal.Message);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException
            || (fault is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new EventLogException(EventLogError.Unavailable, $"The log's process does not answer: {fault.Message}");
        }
    }

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }
}

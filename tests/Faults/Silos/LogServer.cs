namespace Weir.Faults.Silos;

using System.Globalization;
using System.Net;
using System.Text.Json;
using Weir.Protocol.Logs;

/// <summary>A call of a log, as it goes over the wire.</summary>
internal sealed record LogCall
{
    public TopicPartition Partition { get; init; }

    public string Name { get; init; } = "";

    public long Offset { get; init; }

    public ReadLimits Limits { get; init; }

    public TopicSpec? Spec { get; init; }

    public AppendRequest? Append { get; init; }

    public SupersedeRequest? Supersede { get; init; }
}

/// <summary>Why a log refused, as it goes over the wire.</summary>
internal sealed record LogRefusal(EventLogError Error, string Message);

/// <summary>
/// Gives other silos of this machine a log that only one process can open, as a database server would. It knows nothing
/// of silos: a zombie reaches it like anybody.
/// </summary>
internal static class LogServer
{
    /// <summary>Serves until the process ends.</summary>
    public static void Start(IEventLog log, int port)
    {
        var listener = new HttpListener();
        listener.Prefixes.Add(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                HttpListenerContext context = await listener.GetContextAsync();
                _ = Task.Run(() => ServeAsync(log, context));
            }
        });
    }

    private static async Task ServeAsync(IEventLog log, HttpListenerContext context)
    {
        try
        {
            LogCall call = (await JsonSerializer.DeserializeAsync<LogCall>(
                context.Request.InputStream, JsonSerializerOptions.Web))!;
            object? answer;
            try
            {
                answer = await AnswerAsync(log, context.Request.Url!.AbsolutePath[1..], call);
            }
            catch (EventLogException refusal)
            {
                context.Response.StatusCode = (int)HttpStatusCode.Conflict;
                answer = new LogRefusal(refusal.Error, refusal.Message);
            }

            byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(
                answer, answer?.GetType() ?? typeof(object), JsonSerializerOptions.Web);
            context.Response.ContentLength64 = bytes.Length;
            await context.Response.OutputStream.WriteAsync(bytes);
            context.Response.Close();
        }
        catch (Exception fault) when (fault is HttpListenerException or IOException or ObjectDisposedException)
        {
            // Whoever asked is gone.
        }
    }

    private static async Task<object?> AnswerAsync(IEventLog log, string method, LogCall call)
    {
        switch (method)
        {
            case "append":
                return await log.AppendAsync(call.Append!);
            case "read":
                return await log.ReadAsync(call.Partition, call.Offset, call.Limits);
            case "create":
                return await log.CreateTopicAsync(call.Spec!);
            case "find":
                return await log.FindTopicAsync(call.Name);
            case "list":
                return await log.ListTopicsAsync();
            case "describe":
                return await log.DescribeAsync(call.Partition);
            case "producers":
                return await log.ListProducersAsync(call.Partition, call.Name);
            case "supersede":
                return await log.SupersedeAsync(call.Supersede!);
            case "last":
                return await log.LastSequenceAsync(call.Name, call.Partition);
            default:
                await DoAsync(log, method, call);
                return null;
        }
    }

    private static Task DoAsync(IEventLog log, string method, LogCall call) => method switch
    {
        "delete" => log.DeleteTopicAsync(call.Name),
        "seal" => log.SealAsync(call.Name),
        "pin" => log.PinAsync(call.Name, call.Partition, call.Offset),
        "release" => log.ReleasePinAsync(call.Name),
        "truncate" => log.TruncateAsync(call.Partition, call.Offset),
        "retention" => log.ApplyRetentionAsync(),
        _ => throw new InvalidOperationException($"A log has no '{method}'."),
    };
}

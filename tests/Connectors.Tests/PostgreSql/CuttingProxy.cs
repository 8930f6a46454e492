namespace Weir.Connectors.Tests.PostgreSql;

using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

/// <summary>
/// Stands between a client and the server and breaks connections: all at once, or a commit's answer, or it lets nothing
/// pass while both ends believe the other is there.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<int> _serverPort;
    private readonly ConcurrentDictionary<Socket, bool> _sockets = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource? _frozen;
    private int _commits;
    private int _cuts;

    public CuttingProxy(int serverPort)
        : this(() => serverPort)
    {
    }

    /// <param name="serverPort">The port of the server, which may become known later.</param>
    public CuttingProxy(Func<int> serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The answer to every so many commits is not passed on and its connection is cut; 0: none.</summary>
    public int LosesAnswerOfEvery { get; set; }

    /// <summary>How many connections were cut at the answer of a commit.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    /// <summary>Passes nothing on any more, in neither direction.</summary>
    public void Freeze() => _frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Passes on what was held and what comes.</summary>
    public void Thaw()
    {
        TaskCompletionSource? frozen = _frozen;
        _frozen = null;
        frozen?.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Thaw();
        _listener.Stop();
        foreach (Socket socket in _sockets.Keys)
            socket.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket client = await _listener.AcceptSocketAsync(_stop.Token);
            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        _sockets[client] = true;
        _sockets[server] = true;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _serverPort(), _stop.Token);
            await Task.WhenAny(PumpAsync(client, server, isAnswer: false), PumpAsync(server, client, isAnswer: true));
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the ends has gone, and takes the other with it.
        }

        foreach (Socket socket in new[] { client, server })
        {
            _sockets.TryRemove(socket, out _);
            socket.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool isAnswer)
    {
        byte[] buffer = new byte[64 << 10];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer, _stop.Token)) > 0;)
            {
                if (_frozen is { } frozen)
                    await frozen.Task;
                if (isAnswer && IsToBeLost(buffer.AsSpan(0, read)))
                    return;
                for (int sent = 0; sent < read;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
            }
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // As above.
        }
    }

    private bool IsToBeLost(ReadOnlySpan<byte> answer)
    {
        if (LosesAnswerOfEvery == 0 || answer.IndexOf("COMMIT\0"u8) < 0
            || Interlocked.Increment(ref _commits) % LosesAnswerOfEvery != 0)
            return false;
        Interlocked.Increment(ref _cuts);
        return true;
    }
}

namespace Weir.Silo.Health;

using System.Net;

/// <summary>Asks a silo from outside whether it is well, for container checks in images without other tools.</summary>
internal static class HealthQuestion
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task<int> AskAsync(Uri httpUrl, TextWriter error)
    {
        Uri url = UrlFor(httpUrl);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(url);
            if (answer.StatusCode == HttpStatusCode.OK)
                return SiloProgram.Done;
            string text = await answer.Content.ReadAsStringAsync();
            await error.WriteLineAsync($"weir-silo: {url} answers {(int)answer.StatusCode}: {text.Trim()}");
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            await error.WriteLineAsync($"weir-silo: {url} does not answer: {fault.Message}");
        }

        return SiloProgram.Failed;
    }

    /// <summary>The health page of a silo that listens there; one that listens everywhere is asked on loopback.</summary>
    internal static Uri UrlFor(Uri httpUrl)
    {
        var url = new UriBuilder(httpUrl) { Path = HealthPages.Health };
        if (IPAddress.TryParse(httpUrl.Host.Trim('[', ']'), out IPAddress? address))
        {
            if (address.Equals(IPAddress.Any))
                url.Host = "127.0.0.1";
            else if (address.Equals(IPAddress.IPv6Any))
                url.Host = "[::1]";
        }

        return url.Uri;
    }
}

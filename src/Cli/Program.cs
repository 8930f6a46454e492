using Weir.Cli;

using Stream output = Console.OpenStandardOutput();
await using var writer = new StreamWriter(output, new System.Text.UTF8Encoding(false), bufferSize: 16 << 10);
var terminal = new Terminal(Console.In, writer, Console.Error)
{
    Width = Console.IsOutputRedirected ? null : Console.WindowWidth,
};
return await new CommandLine(terminal, new GatewayConnector()).RunAsync(args);

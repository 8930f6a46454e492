namespace Weir.Grains.Tests.Silo;

using Microsoft.Extensions.Configuration;
using Weir.Silo.Settings;

public sealed class SettingsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weir-settings-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Nothing_GivesTheDefaults()
    {
        SettingsReader read = Read(["--DataDirectory", _directory]);
        Assert.Empty(read.Faults);
        Assert.Equal(11111, read.Settings!.SiloPort);
        Assert.Equal(30000, read.Settings.GatewayPort);
        Assert.Equal(new Uri("http://127.0.0.1:8080"), read.Settings.HttpUrl);
        Assert.Equal(4, read.Settings.Partitions);
        Assert.Empty(read.Assemblies);
    }

    [Fact]
    public void TheCommandLine_WinsOverTheFile_InEitherSpelling()
    {
        SettingsReader read = Read(
            [
                $"--data-directory={_directory}", "--gatewayport", "30001", "--job-assembly", "/a",
                "--Assemblies", "/b;/c",
            ],
            ("Weir:GatewayPort", "30002"),
            ("Weir:SiloPort", "11112"),
            ("Weir:Assemblies:0", "/z"));
        Assert.Empty(read.Faults);
        Assert.Equal(30001, read.Settings!.GatewayPort);
        Assert.Equal(11112, read.Settings.SiloPort);
        Assert.Equal(["/a", "/b", "/c"], read.Assemblies);
    }

    [Fact]
    public void AllFaults_AreToldAtOnce()
    {
        SettingsReader read = Read(
            [
                "--nope", "1", "stray", "--SiloPort", "0", "--Partitions=x", "--HttpUrl", "ftp://x",
                "--GatewayAddress", "q", "--DataDirectory", _directory,
            ],
            ("Weir:Typo", "1"));
        Assert.Null(read.Settings);
        string[] expected = ["'--nope'", "'stray'", "'Typo'", "HttpUrl", "SiloPort", "Partitions", "GatewayAddress"];
        Assert.Equal(expected.Length, read.Faults.Count);
        Assert.All(
            expected.Zip(read.Faults), pair => Assert.Contains(pair.First, pair.Second, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--SiloPort", "30000")]
    [InlineData("--HttpUrl", "http://127.0.0.1:11111")]
    public void Ports_MustDiffer(string flag, string value) =>
        Assert.Contains("three ports", Assert.Single(Read([flag, value, "--DataDirectory", _directory]).Faults),
            StringComparison.Ordinal);

    [Fact]
    public void AFlagWithoutItsValue_OrTwice_IsAFault()
    {
        SettingsReader read = Read(
            ["--SiloPort", "--GatewayPort", "1", "--GatewayPort", "2", "--DataDirectory", _directory]);
        Assert.Equal(["--SiloPort needs a value.", "--GatewayPort is given twice."], read.Faults);
    }

    private static SettingsReader Read(string[] args, params (string Key, string Value)[] file) => SettingsReader.Read(
        args,
        new ConfigurationBuilder()
            .AddInMemoryCollection(file.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)))
            .Build());
}

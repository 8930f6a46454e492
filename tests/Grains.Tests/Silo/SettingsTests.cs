namespace Weir.Grains.Tests.Silo;

using Microsoft.Extensions.Configuration;
using Npgsql;
using Weir.Grains.Hosting;
using Weir.Protocol.Jobs;
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
        Assert.Equal(TimeSpan.FromSeconds(1), read.Settings.CheckpointInterval);
        Assert.Equal(new WeirOptions().StagedEvents, read.Settings.StagedEvents);
        Assert.Equal(new WeirOptions().StagedBytes, read.Settings.StagedBytes);
        Assert.Same(RestartStrategy.Default, read.Settings.Restart);
        Assert.Empty(read.Assemblies);
    }

    [Theory]
    [InlineData("none", "None")]
    [InlineData("fixed:3:10", "FixedDelay")]
    [InlineData("rate:3:300:10", "FailureRate")]
    [InlineData("fixed:3", null)]
    [InlineData("rate:0:1:1", null)]
    [InlineData("often", null)]
    public void TheRestartStrategy_IsReadOrRefused(string text, string? strategy)
    {
        SettingsReader read = Read(["--DataDirectory", _directory, "--restart", text]);
        Assert.Equal(strategy, read.Settings?.Restart.GetType().Name);
        if (strategy is null)
            Assert.Contains($"Restart is '{text}'", Assert.Single(read.Faults), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text", false)]
    [InlineData("json", true)]
    [InlineData("xml", null)]
    public void TheLogFormat_IsReadOrRefused(string text, bool? isJson)
    {
        SettingsReader read = Read(["--DataDirectory", _directory, "--log-format", text]);
        Assert.Equal(isJson, read.Settings?.LogsJson);
        if (isJson is null)
            Assert.Contains($"LogFormat is '{text}'", Assert.Single(read.Faults), StringComparison.Ordinal);
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

    [Fact]
    public void Reading_LeavesNoFolder_AndSaysWhichCanNotBeOne()
    {
        string folder = Path.Combine(_directory, "new");
        Assert.NotNull(Read(["--DataDirectory", folder]).Settings);
        Assert.False(Directory.Exists(folder));
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, "file");
        File.WriteAllText(file, "kept");
        Assert.Contains(
            $"DataDirectory is '{file}', which can not be written",
            Assert.Single(Read(["--DataDirectory", file]).Faults),
            StringComparison.Ordinal);
        Assert.NotNull(Read(["--DataDirectory", folder]).Settings);
        Assert.Equal("kept", File.ReadAllText(file));
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

    [Fact]
    public void ADatabase_MakesASiloOfACluster()
    {
        string password = Path.Combine(_directory, "password");
        File.WriteAllText(password, "s;e'c=ret\n");
        SettingsReader read = Read(
            [
                "--Database", "Host=db;Username=weir", "--database-password-file", password, "--AdvertisedAddress", "10.1.2.3",
                "--SiloAddress", "0.0.0.0", "--segment-directory", _directory, "--cluster-id", "blue",
            ]);
        Assert.Empty(read.Faults);
        SiloSettings settings = read.Settings!;
        var connection = new NpgsqlConnectionStringBuilder(settings.Database);
        Assert.Equal(("db", "s;e'c=ret"), (connection.Host, connection.Password));
        Assert.Equal(
            ("10.1.2.3", "0.0.0.0", "127.0.0.1", _directory, "blue", ""),
            ($"{settings.AdvertisedAddress}", $"{settings.SiloAddress}", $"{settings.GatewayAddress}",
                settings.SegmentDirectory, settings.ClusterId, settings.DataDirectory));
    }

    [Theory]
    [InlineData("--Database", "Host=a;Nonsense=1", "Database is not a connection string of PostgreSQL")]
    [InlineData("--Database", "Username=weir", "Database names no Host")]
    [InlineData("--Database", "Host=a;Password=secret", "everybody on the machine can read")]
    [InlineData("--AdvertisedAddress", "0.0.0.0", "no other silo can reach")]
    [InlineData("--AdvertisedAddress", "no such host", "no name of a host")]
    [InlineData("--SiloAddress", "silo-1", "SiloAddress is 'silo-1', which is not an IP address")]
    [InlineData("--SegmentDirectory", "/tmp", "SegmentDirectory is for a cluster")]
    [InlineData("--DatabasePasswordFile", "/none", "DatabasePasswordFile is set without Database")]
    public void WhatIsWrongOfACluster_IsOneSentence(string flag, string value, string sentence)
    {
        string fault = Assert.Single(Read(["--DataDirectory", _directory, flag, value]).Faults);
        Assert.Contains(sentence, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void FilesThatAreNotThere_AreToldAtOnce()
    {
        SettingsReader read = Read(
            ["--Database", "Host=a", "--DatabasePasswordFile", "/none/x", "--SegmentDirectory", "/none/y"]);
        Assert.Equal(2, read.Faults.Count);
        Assert.Contains("DatabasePasswordFile is '/none/x'", read.Faults[0], StringComparison.Ordinal);
        Assert.Contains("SegmentDirectory is '/none/y', which does not exist", read.Faults[1], StringComparison.Ordinal);
    }

    private static SettingsReader Read(string[] args, params (string Key, string Value)[] file) => SettingsReader.Read(
        args,
        new ConfigurationBuilder()
            .AddInMemoryCollection(file.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)))
            .Build());
}

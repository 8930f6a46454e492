namespace Weir.Scenarios.Cluster;

using System.Text.RegularExpressions;
using Weir.Soak.Clusters;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

/// <summary>
/// <c>cluster.sh</c> starts what <c>docker-compose.yml</c> says: it reads the file as a library of YAML does.
/// </summary>
public sealed partial class ComposeFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-compose-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_script_reads_the_file_as_it_is_meant()
    {
        string file = Path.Combine(ClusterScript.Root, "docker-compose.yml");
        var parser = new MergingParser(new Parser(File.OpenText(file)));
        var meant = new SortedSet<string>(StringComparer.Ordinal);
        Flatten("", new DeserializerBuilder().Build().Deserialize(parser), meant);

        string[] read = await ClusterScript.ReadConfigAsync();

        Assert.Equal(meant, read.Order(StringComparer.Ordinal));
        Assert.Contains("services.silo-3.environment.WEIR_ClusterId=weir", read);
    }

    [Theory]
    [InlineData("a: [1, 2]")]
    [InlineData("a: 'x'")]
    [InlineData("a:\n    b: 1")]
    [InlineData("a:\n  - b")]
    [InlineData("a: ${B}")]
    [InlineData("a:\n  <<: *b")]
    [InlineData("a: |\n  b")]
    public async Task What_the_script_does_not_understand_is_an_error(string yaml)
    {
        string file = Path.Combine(_folder, "compose.yml");
        await File.WriteAllTextAsync(file, yaml + "\n");
        await Assert.ThrowsAsync<InvalidOperationException>(() => ClusterScript.ReadConfigAsync(file));
    }

    private static void Flatten(string path, object? value, SortedSet<string> lines)
    {
        switch (value)
        {
            case Dictionary<object, object> { Count: > 0 } map:
                foreach ((object key, object each) in map)
                    Flatten(path.Length == 0 ? $"{key}" : $"{path}.{key}", each, lines);
                break;
            case List<object> list:
                for (int i = 0; i < list.Count; i++)
                    Flatten($"{path}.{i}", list[i], lines);
                break;
            default:
                string text = value is string scalar ? scalar : "";
                lines.Add($"{path}={Variable().Replace(text, match => match.Groups[1].Value)}");
                break;
        }
    }

    [GeneratedRegex(@"\$\{[A-Z_]+:-([^}]*)\}")]
    private static partial Regex Variable();
}

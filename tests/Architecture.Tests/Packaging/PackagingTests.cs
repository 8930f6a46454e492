namespace Weir.Architecture.Tests.Packaging;

using System.Globalization;
using System.Reflection;

/// <summary>An application outside the repository builds and runs on the packages alone.</summary>
public sealed class PackagingTests : IDisposable
{
    private static readonly string[] Packable = ["Engine", "Protocol", "Contracts", "Connectors", "Grains", "Client"];

    // New in every run: the package cache of the machine must not answer with packages of an earlier one.
    private readonly string _version = string.Create(
        CultureInfo.InvariantCulture, $"0.1.0-test.{DateTime.UtcNow:yyyyMMddHHmmss}.{Environment.ProcessId}");

    private readonly string _folder = Directory.CreateTempSubdirectory("weir-packages-").FullName;

    [Fact]
    public async Task AnOutsideApplicationRunsOnThePackages()
    {
        string packages = Directory.CreateDirectory(Path.Combine(_folder, "packages")).FullName;
        foreach (string project in Packable)
            await PackAsync(project, packages);
        Assert.Equal(
            Packable.Select(project => $"Weir.{project}.{_version}.nupkg").Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(packages, "*.nupkg").Select(Path.GetFileName).Order(StringComparer.Ordinal));

        string application = WriteApplication();
        await Command.DotnetAsync(application, "build", "-c", "Release", "-o", "built", $"-p:WeirVersion={_version}");
        string output = await Command.DotnetAsync(application, Path.Combine("built", "OutsideApp.dll"));
        Assert.Contains("/home had 2 views from 1970-01-01T00:00:00.000Z on", output, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        foreach (string project in Packable)
        {
            var package = new DirectoryInfo(Path.Combine(PackageCache(), $"weir.{project}".ToLowerInvariant()));
            var version = new DirectoryInfo(Path.Combine(package.FullName, _version));
            if (version.Exists)
                version.Delete(recursive: true);
            if (package.Exists && !package.EnumerateFileSystemInfos().Any())
                package.Delete();
        }
    }

    /// <remarks>Without a build: it packs what the tests run against, and nothing changes below other tests.</remarks>
    private static string Configuration =>
        typeof(PackagingTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private async Task PackAsync(string project, string packages) => await Command.DotnetAsync(
        Repository.Root,
        "pack", $"src/{project}/{project}.csproj", "-c", Configuration, "--no-build", "--output", packages,
        $"-p:PackageVersion={_version}");

    private string WriteApplication()
    {
        string application = Directory.CreateDirectory(Path.Combine(_folder, "OutsideApp")).FullName;
        string templates = Repository.PathOf("tests/Architecture.Tests/Packaging/OutsideApp");
        foreach (string template in Directory.EnumerateFiles(templates, "*.txt"))
            File.Copy(template, Path.Combine(application, Path.GetFileNameWithoutExtension(template)));
        return application;
    }

    private static string PackageCache() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}

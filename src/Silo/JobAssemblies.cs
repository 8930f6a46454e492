namespace Weir.Silo;

using System.Reflection;
using System.Runtime.Loader;
using Weir.Engine.Streams;

/// <summary>
/// The assemblies that a silo is given, and the jobs in them. They are loaded beside Weir's own, so that both mean the
/// same types; what they need besides is looked for as their own deps.json says, or else in their folder.
/// </summary>
internal sealed class JobAssemblies
{
    private readonly List<Type> _types = [];
    private readonly List<string> _faults = [];

    private JobAssemblies()
    {
    }

    /// <summary>All classes derived from <see cref="StreamJob"/> that are not abstract.</summary>
    public IReadOnlyList<Type> Types => _types;

    /// <summary>One sentence for each assembly that can not be used.</summary>
    public IReadOnlyList<string> Faults => _faults;

    public static JobAssemblies Load(IReadOnlyList<string> paths)
    {
        var jobs = new JobAssemblies();
        foreach (string path in paths)
            jobs.Load(path);
        return jobs;
    }

    private void Load(string path)
    {
        if (!File.Exists(path))
        {
            _faults.Add($"There is no assembly '{path}'.");
            return;
        }

        try
        {
            ResolveBeside(path);
            Type[] found =
            [
                .. AssemblyLoadContext.Default.LoadFromAssemblyPath(path).GetTypes()
                    .Where(type => type.IsAssignableTo(typeof(StreamJob)) && !type.IsAbstract)
                    .OrderBy(type => type.FullName, StringComparer.Ordinal),
            ];
            if (found.Length == 0)
                _faults.Add($"The assembly '{path}' has no job: no class in it is derived from StreamJob.");
            _types.AddRange(found);
        }
        catch (ReflectionTypeLoadException fault)
        {
            string why = fault.LoaderExceptions.FirstOrDefault()?.Message ?? fault.Message;
            _faults.Add($"The types of the assembly '{path}' can not be loaded: {why}");
        }
        catch (Exception fault) when (fault is BadImageFormatException or FileLoadException or IOException)
        {
            _faults.Add($"The assembly '{path}' can not be loaded: {fault.Message}");
        }
    }

    private static void ResolveBeside(string path)
    {
        AssemblyDependencyResolver? resolver = File.Exists(Path.ChangeExtension(path, ".deps.json"))
            ? new AssemblyDependencyResolver(path)
            : null;
        string folder = Path.GetDirectoryName(path)!;
        AssemblyLoadContext.Default.Resolving += (context, name) =>
        {
            string? found = resolver?.ResolveAssemblyToPath(name);
            found ??= Path.Combine(folder, $"{name.Name}.dll");
            return File.Exists(found) ? context.LoadFromAssemblyPath(found) : null;
        };
    }
}

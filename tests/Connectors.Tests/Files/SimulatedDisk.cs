namespace Weir.Connectors.Tests.Files;

using System.Text;
using Weir.Connectors.Files;

/// <summary>The process has died: nothing that it does from here on reaches the disk.</summary>
internal sealed class CrashException() : Exception("The process has died.");

/// <summary>
/// A file system in memory that knows what is durable. Before each step that changes something it calls a hook, which
/// may let the process die, let the step fail, or let somebody else go first. A power loss keeps what was flushed, and of
/// the rest whatever an unkind file system would: parts of texts, holes of zeros, some of the names.
/// </summary>
internal sealed class SimulatedDisk : IDisk
{
    private readonly Dictionary<string, Node> _durable = new() { ["/"] = new Node() };
    private readonly List<Change> _changes = [];
    private Dictionary<string, Node> _names = new() { ["/"] = new Node() };
    private int _depth;

    /// <summary>Called before every step with its number, from 0 on, and what it is.</summary>
    public Action<int, string>? BeforeStep { get; set; }

    /// <summary>How many steps there were.</summary>
    public int Steps { get; private set; }

    /// <summary>Whether the bytes of the step at hand reach the disk half before it dies.</summary>
    public bool TearsWrites { get; set; }

    public bool IsDead { get; set; }

    public void CreateFolder(string path) => Step("folder", path, () =>
    {
        if (!_names.ContainsKey(path))
            Apply(new Change([path], names => names.TryAdd(path, new Node())));
    });

    public void SyncFolder(string path)
    {
        Step("sync-folder", path, () =>
        {
            Assert.True(_names.ContainsKey(path), path);
            SyncNames(change => change.Paths.Any(each => Path.GetDirectoryName(each) == path));
        });
    }

    public bool FolderExists(string path) => Look(() => _names.ContainsKey(path));

    public IReadOnlyList<string> Files(string folder) => Look(() =>
        (IReadOnlyList<string>)[.. _names.Keys
            .Where(path => path != "/" && Path.GetDirectoryName(path) == folder)
            .Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)]);

    public IDiskFile CreateNew(string path)
    {
        var node = new Node();
        Step("create", path, () =>
        {
            Assert.True(_names.ContainsKey(Path.GetDirectoryName(path)!), path);
            if (_names.ContainsKey(path))
                throw new IOException($"'{path}' exists.", 17);
            Apply(new Change([path], names => names[path] = node));
        });
        return new OpenNode(this, path, node);
    }

    public IDiskFile OpenRead(string path) => Look(() => _names.TryGetValue(path, out Node? node)
        ? new OpenNode(this, path, node)
        : throw new FileNotFoundException($"'{path}' is missing."));

    public void Rename(string from, string to) => Step("rename", from, () =>
    {
        if (!_names.TryGetValue(from, out Node? node))
            throw new FileNotFoundException($"'{from}' is missing.");
        Apply(new Change([from, to], names =>
        {
            names.Remove(from);
            names[to] = node;
        }));
    });

    public void Delete(string path) => Step("delete", path, () =>
    {
        if (_names.ContainsKey(path))
            Apply(new Change([path], names => names.Remove(path)));
    });

    /// <summary>What somebody else sees in a file.</summary>
    public string Text(string path) => Encoding.UTF8.GetString(_names[path].Bytes);

    /// <summary>Somebody else takes a file away, without flushing anything.</summary>
    public void Take(string path, string to)
    {
        Node node = _names[path];
        Apply(new Change([path, to], names =>
        {
            names.Remove(path);
            names[to] = node;
        }));
    }

    /// <summary>Starts again after the process has died, on what the disk has.</summary>
    public void Restart()
    {
        IsDead = false;
        TearsWrites = false;
        BeforeStep = null;
    }

    /// <summary>Starts again after a power loss: what was not flushed is as chance has it.</summary>
    public void LosePower(Random chance)
    {
        var lost = new HashSet<string>();
        foreach (Change change in _changes)
        {
            if (change.Paths.Any(lost.Contains) || chance.Next(2) == 0)
                lost.UnionWith(change.Paths);
            else
                change.Make(_durable);
        }

        _changes.Clear();
        foreach (Node node in _durable.Values)
            node.LosePower(chance);
        _names = new Dictionary<string, Node>(_durable);
        Restart();
    }

    private void Apply(Change change)
    {
        change.Make(_names);
        _changes.Add(change);
    }

    // A change that shares a name with a later one reaches the disk before it.
    private void SyncNames(Func<Change, bool> isAsked)
    {
        var wanted = new HashSet<string>();
        var flushed = new HashSet<Change>();
        for (int i = _changes.Count - 1; i >= 0; i--)
        {
            if (!isAsked(_changes[i]) && !_changes[i].Paths.Any(wanted.Contains))
                continue;
            wanted.UnionWith(_changes[i].Paths);
            flushed.Add(_changes[i]);
        }

        foreach (Change change in _changes.Where(flushed.Contains))
            change.Make(_durable);
        _changes.RemoveAll(flushed.Contains);
    }

    private T Look<T>(Func<T> look) => IsDead ? throw new CrashException() : look();

    private void Step(string what, string path, Action action)
    {
        if (IsDead)
            throw new CrashException();

        // What somebody else does within a step is no step of the one who is watched.
        if (_depth++ == 0)
        {
            try
            {
                int step = Steps++;
                BeforeStep?.Invoke(step, $"{what} {Path.GetFileName(path)}");
            }
            catch (CrashException) when (TearsWrites && what == "write")
            {
                action();
                throw;
            }
            finally
            {
                _depth--;
            }
        }
        else
        {
            _depth--;
        }

        action();
    }

    private sealed record Change(string[] Paths, Action<Dictionary<string, Node>> Make);

    private sealed class Node
    {
        public byte[] Bytes { get; set; } = [];

        public byte[] Durable { get; set; } = [];

        public void LosePower(Random chance)
        {
            byte[] kept = Bytes[..chance.Next(Durable.Length, Bytes.Length + 1)];
            if (kept.Length > Durable.Length && chance.Next(2) == 0)
            {
                int hole = chance.Next(Durable.Length, kept.Length);
                kept.AsSpan(hole, chance.Next(0, kept.Length - hole + 1)).Clear();
            }

            Bytes = kept;
            Durable = kept;
        }
    }

    private sealed class OpenNode(SimulatedDisk disk, string path, Node node) : IDiskFile
    {
        public long Length => node.Bytes.Length;

        public int Read(long at, Span<byte> into)
        {
            ReadOnlySpan<byte> rest = node.Bytes.AsSpan((int)Math.Min(at, node.Bytes.Length));
            int count = Math.Min(rest.Length, into.Length);
            rest[..count].CopyTo(into);
            return count;
        }

        public void Write(ReadOnlySpan<byte> bytes, long at)
        {
            byte[] copy = bytes.ToArray();
            disk.Step("write", path, () =>
            {
                byte[] part = disk.IsDead ? copy[..(copy.Length / 2)] : copy;
                byte[] all = node.Bytes;
                Array.Resize(ref all, Math.Max(all.Length, (int)at + part.Length));
                part.CopyTo(all, (int)at);
                node.Bytes = all;
            });
        }

        public void Sync() => disk.Step("sync", path, () => node.Durable = node.Bytes);

        public void Dispose()
        {
        }
    }
}

namespace Weir.Simulation.World;

using Weir.Engine.Codecs;
using Weir.Engine.Snapshots;
using Weir.Protocol.Checkpoints;

/// <summary>
/// A checkpoint store that loses writes, tears them, answers late or never, and is damaged. Invariant: it never loses
/// or changes what it has confirmed, unless it is told to.
/// </summary>
public sealed class SimStore(SimWorld world)
{
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>Called before a file is removed.</summary>
    public Action<string>? Removing { get; set; }

    public int Count => _files.Count;

    public IEnumerable<string> Names => _files.Keys.Order(StringComparer.Ordinal);

    public bool Has(string name) => _files.ContainsKey(name);

    public void Write(string name, byte[] bytes, Action<bool> answer)
    {
        if (world.Fault(world.Faults.StoreRefuses, "store refused"))
        {
            world.After(world.Patience(), () => answer(false));
            return;
        }

        if (world.Fault(world.Faults.StoreTears, "write torn"))
        {
            Put(name, bytes[..world.Chance.Below(Math.Max(bytes.Length, 1))]);
            world.After(world.Patience(), () => answer(false));
            return;
        }

        long delay = 1 + world.Delay() + (world.Fault(world.Faults.StoreSlow, "store slow") ? world.Chance.Between(30, 250) : 0);
        bool isLost = world.Fault(world.Faults.StoreAnswerLost, "store's answer lost");
        if (isLost)
            world.After(world.Patience(), () => answer(false));
        world.After(delay, () =>
        {
            Put(name, bytes);
            if (!isLost)
                world.After(world.Delay(), () => answer(true));
        });
    }

    /// <summary>The bytes, or null if there are none.</summary>
    public byte[]? Read(string name) => _files.GetValueOrDefault(name);

    /// <summary>Whether reading fails now.</summary>
    public bool IsUnreadable() => world.Fault(world.Faults.StoreUnreadable, "store unreadable");

    /// <summary>The bytes of a reference, checked; null if they are missing or damaged.</summary>
    public byte[]? Read(SegmentRef part)
    {
        byte[]? file = Read(part.File);
        if (file is null || file.Length < part.End)
            return null;
        byte[] bytes = file[(int)part.Offset..(int)part.End];
        return Checksum.Of(bytes) == part.Checksum ? bytes : null;
    }

    public void Remove(string name)
    {
        Removing?.Invoke(name);
        _files.Remove(name);
    }

    /// <summary>Damages a file: a byte changes, the end is missing, or all of it is.</summary>
    public void Damage(string name)
    {
        byte[] bytes = [.. _files[name]];
        switch (world.Chance.Below(3))
        {
            case 0 when bytes.Length > 0:
                bytes[world.Chance.Below(bytes.Length)] ^= 0x10;
                _files[name] = bytes;
                break;
            case 1:
                _files[name] = bytes[..(bytes.Length / 2)];
                break;
            default:
                _files.Remove(name);
                break;
        }

        if (world.Traces)
            world.Trace($"store: {name} is damaged");
    }

    private void Put(string name, byte[] bytes) =>
        world.Require(_files.TryAdd(name, bytes), $"the file {name} is written twice");
}

/// <summary>
/// A part of a file that was opened: it stays readable when the file is removed, and shows the damage that it had then.
/// </summary>
public sealed class SimSegment : ISegmentBytes
{
    private readonly byte[] _file;
    private readonly SegmentRef _part;

    public SimSegment(SimStore store, SegmentRef part)
    {
        _part = part;
        _file = store.Read(part.File) ?? throw new CorruptDataException($"{part.File} is not there");
    }

    public long Length => _part.Length;

    public void Read(long at, Span<byte> into)
    {
        if (at < 0 || at + into.Length > _part.Length || _part.End > _file.Length)
            throw new CorruptDataException($"{_part} is not all there");
        _file.AsSpan((int)(_part.Offset + at), into.Length).CopyTo(into);
    }
}

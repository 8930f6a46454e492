namespace Weir.Connectors.Files;

using Microsoft.Win32.SafeHandles;
using Weir.Engine.Codecs;
using Weir.Protocol.Checkpoints;

/// <summary>A file of the store, open to be read by any number of threads.</summary>
internal sealed class StoredFile : IStoredFile
{
    private readonly string _name;
    private readonly SafeFileHandle _handle;

    public StoredFile(string name, string path)
    {
        _name = name;
        if (Directory.Exists(path))
            throw new FileNotFoundException($"'{path}' is a folder.");
        _handle = File.OpenHandle(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
        Length = RandomAccess.GetLength(_handle);
    }

    public long Length { get; }

    public void Read(long at, Span<byte> into)
    {
        if (at < 0 || at > Length - into.Length)
            throw new CorruptDataException($"the stored file '{_name}' has {Length} bytes, not {into.Length} at {at}");
        try
        {
            for (Span<byte> rest = into; !rest.IsEmpty;)
            {
                int read = RandomAccess.Read(_handle, rest, at);
                if (read == 0)
                    throw new CorruptDataException($"the stored file '{_name}' ends at {at}, not at {Length}");
                rest = rest[read..];
                at += read;
            }
        }
        catch (IOException failure)
        {
            throw new CorruptDataException(
                $"the stored file '{_name}' can not be read at {at}: {failure.Message}", failure);
        }
    }

    public void Dispose() => _handle.Dispose();
}

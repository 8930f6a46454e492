namespace Weir.Protocol.Checkpoints;

using Weir.Engine.Snapshots;

/// <summary>
/// Where checkpoints lie: files with names, each written once. Invariant: what was answered is durable and never
/// changes; a name is never written twice. All members are thread-safe.
/// </summary>
/// <remarks>
/// Names are segments of <c>[a-z0-9._-]</c> with '/' between them, for example
/// <c>flights/seg-000003-000000017-ab12cd34.seg</c>. Failures that a caller can meet are
/// <see cref="CheckpointStoreException"/>s.
/// </remarks>
public interface ICheckpointStore
{
    /// <summary>
    /// Creates a file of the parts, one after another. File and directory entry are durable when this returns. An
    /// existing file is never changed: <see cref="CheckpointStoreError.Exists"/>.
    /// </summary>
    Task WriteAsync(
        string name, IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellation = default);

    /// <summary>Opens a file to read any part of it; <see cref="CheckpointStoreError.NotFound"/> if there is none.
    /// </summary>
    Task<IStoredFile> OpenAsync(string name, CancellationToken cancellation = default);

    /// <summary>The length of a file in bytes, or null if there is none.</summary>
    Task<long?> LengthAsync(string name, CancellationToken cancellation = default);

    /// <summary>Removes a file; nothing happens if there is none.</summary>
    Task DeleteAsync(string name, CancellationToken cancellation = default);

    /// <summary>The names that begin with a prefix, ordered (ordinal).</summary>
    Task<IReadOnlyList<string>> ListAsync(string prefix, CancellationToken cancellation = default);
}

/// <summary>A file of the store, open for reading; it stays readable until disposed of, even if it is removed.</summary>
public interface IStoredFile : ISegmentBytes, IDisposable;

/// <summary>Why a checkpoint store refused.</summary>
public enum CheckpointStoreError
{
    /// <summary>There is no such file.</summary>
    NotFound,

    /// <summary>There is a file of that name already.</summary>
    Exists,

    /// <summary>The storage has no room.</summary>
    Full,

    /// <summary>The storage did not answer or failed; whether a file was written is unknown.</summary>
    Unavailable,

    /// <summary>Stored bytes do not match their checksum or length.</summary>
    Corrupt,

    /// <summary>The name is no name of a file.</summary>
    Invalid,
}

/// <summary>A checkpoint store refused or failed; the message says what, where, and what to do.</summary>
public sealed class CheckpointStoreException(CheckpointStoreError error, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public CheckpointStoreError Error { get; } = error;
}

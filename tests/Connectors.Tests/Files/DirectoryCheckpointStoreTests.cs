namespace Weir.Connectors.Tests.Files;

using Weir.Connectors.Files;
using Weir.Engine.Codecs;
using Weir.Protocol.Checkpoints;

/// <summary>The store in a folder through the contract, and what is particular to it: flushes, full disks, damage.
/// </summary>
public sealed class DirectoryCheckpointStoreTests : CheckpointStoreContract, IDisposable
{
    private const int NoSpace = 28;

    private readonly string _folder = Directory.CreateTempSubdirectory("weir-store-").FullName;

    public DirectoryCheckpointStoreTests() => Store = new DirectoryCheckpointStore(Path.Combine(_folder, "root"));

    protected override ICheckpointStore Store { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_write_flushes_the_file_then_its_folder_and_every_new_folder()
    {
        var disk = new FailingDisk(_ => null);
        var store = new DirectoryCheckpointStore(Path.Combine(_folder, "root"), disk);

        await store.WriteAsync("job/a", [new byte[1], new byte[2]]);
        string[] first = [.. disk.Calls];
        disk.Calls.Clear();
        await store.WriteAsync("job/b", [new byte[1]]);

        string outer = $"sync-folder {Path.GetFileName(_folder)}";
        Assert.Equal(
            ["folder root", outer, "folder job", "sync-folder root", "create a", "write a", "write a", "sync a",
                "sync-folder job"],
            first);
        Assert.Equal(["create b", "write b", "sync b", "sync-folder job"], disk.Calls);
    }

    [Theory]
    [InlineData("folder job")]
    [InlineData("create a")]
    [InlineData("write a")]
    [InlineData("sync a")]
    [InlineData("sync-folder job")]
    public async Task A_full_disk_is_said_and_leaves_nothing_of_the_file(string call)
    {
        bool isFull = true;
        var disk = new FailingDisk(each => isFull && each == call ? new IOException("no space", NoSpace) : null);
        var store = new DirectoryCheckpointStore(_folder, disk);

        CheckpointStoreException failure = await Assert.ThrowsAsync<CheckpointStoreException>(
            () => store.WriteAsync("job/a", [new byte[100]]));
        isFull = false;

        Assert.Equal(CheckpointStoreError.Full, failure.Error);
        Assert.Equal(
            $"The disk of '{_folder}' is full, 'job/a' was not stored; free space and repeat.", failure.Message);
        Assert.Empty(await store.ListAsync(""));
        await store.WriteAsync("job/a", [new byte[100]]);
        Assert.Equal(100, await store.LengthAsync("job/a"));
    }

    [Fact]
    public async Task A_full_disk_damages_nothing_that_was_stored()
    {
        bool isFull = false;
        var store = new DirectoryCheckpointStore(
            _folder, new FailingDisk(call => isFull && call == "write b" ? new IOException("no space", NoSpace) : null));
        await store.WriteAsync("a", ["abc"u8.ToArray()]);
        isFull = true;

        await AssertFailsAsync(CheckpointStoreError.Full, () => store.WriteAsync("b", ["xyz"u8.ToArray()]));

        using IStoredFile file = await store.OpenAsync("a");
        Assert.Equal("abc", Read(file, 0, 3));
        Assert.Equal(["a"], await store.ListAsync(""));
    }

    [Fact]
    public async Task A_torn_file_that_can_not_be_removed_does_not_hide_the_failure()
    {
        var store = new DirectoryCheckpointStore(_folder, new FailingDisk(call =>
            call.StartsWith("create", StringComparison.Ordinal) ? null : new IOException($"{call} failed")));

        CheckpointStoreException failure = await Assert.ThrowsAsync<CheckpointStoreException>(
            () => store.WriteAsync("a", [new byte[1]]));

        Assert.Equal(CheckpointStoreError.Unavailable, failure.Error);
        Assert.Contains("write a failed", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_that_is_cancelled_half_way_removes_its_file()
    {
        using var cancellation = new CancellationTokenSource();
        var store = new DirectoryCheckpointStore(_folder, new FailingDisk(call =>
        {
            if (call == "write a")
                cancellation.Cancel();
            return null;
        }));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => store.WriteAsync("a", [new byte[1], new byte[1]], cancellation.Token));

        Assert.Empty(await store.ListAsync(""));
    }

    [Fact]
    public async Task A_file_that_was_cut_since_it_was_opened_is_reported_when_read()
    {
        await WriteAsync("a", "abcdef");
        using IStoredFile file = await Store.OpenAsync("a");
        string path = Path.Combine(_folder, "root", "a");
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.SetLength(3);

        Assert.Equal("abc", Read(file, 0, 3));
        Assert.Throws<CorruptDataException>(() => file.Read(0, new byte[6]));
    }

    [Fact]
    public async Task Files_of_others_are_not_listed()
    {
        await WriteAsync("job/a", "x");
        await File.WriteAllTextAsync(Path.Combine(_folder, "root", "job", "Read me.txt"), "");

        Assert.Equal(["job/a"], await Store.ListAsync(""));
    }

    [Fact]
    public async Task A_store_that_was_opened_again_has_its_files()
    {
        await WriteAsync("job/a", "abc");

        using IStoredFile file = await new DirectoryCheckpointStore(Path.Combine(_folder, "root")).OpenAsync("job/a");

        Assert.Equal("abc", Read(file, 0, 3));
    }

    [Fact]
    public async Task A_folder_that_can_not_be_used_is_reported()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "");
        var store = new DirectoryCheckpointStore(Path.Combine(_folder, "file", "root"));

        await Assert.ThrowsAsync<CheckpointStoreException>(() => store.WriteAsync("a", [new byte[1]]));
        Assert.Empty(await store.ListAsync(""));
    }
}

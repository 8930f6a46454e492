namespace Weir.Connectors.Tests;

using System.Text;
using Weir.Engine.Codecs;
using Weir.Protocol.Checkpoints;

/// <summary>What every <see cref="ICheckpointStore"/> has to do, wherever its files lie.</summary>
public abstract class CheckpointStoreContract
{
    protected abstract ICheckpointStore Store { get; }

    [ContractFact]
    public async Task A_file_reads_as_its_parts_one_after_the_other()
    {
        await WriteAsync("flights/seg-000003-000000017-ab12cd34.seg", "ab", "", "cde");

        using IStoredFile file = await Store.OpenAsync("flights/seg-000003-000000017-ab12cd34.seg");

        Assert.Equal(5, file.Length);
        Assert.Equal("abcde", Read(file, 0, 5));
        Assert.Equal("bcd", Read(file, 1, 3));
        Assert.Equal("", Read(file, 5, 0));
    }

    [ContractFact]
    public async Task A_file_without_bytes_is_a_file()
    {
        await WriteAsync("empty");

        using IStoredFile file = await Store.OpenAsync("empty");

        Assert.Equal(0, file.Length);
        Assert.Equal(0, await Store.LengthAsync("empty"));
    }

    [ContractTheory]
    [InlineData(-1, 1)]
    [InlineData(0, 4)]
    [InlineData(2, 2)]
    [InlineData(4, 0)]
    [InlineData(long.MaxValue, 1)]
    public async Task A_read_outside_of_the_file_is_refused(long at, int count)
    {
        await WriteAsync("a", "abc");
        using IStoredFile file = await Store.OpenAsync("a");

        Assert.Throws<CorruptDataException>(() => file.Read(at, new byte[count]));
    }

    [ContractFact]
    public async Task A_file_is_never_overwritten()
    {
        await WriteAsync("job/a", "first");

        await AssertFailsAsync(CheckpointStoreError.Exists, () => WriteAsync("job/a", "second"));

        using IStoredFile file = await Store.OpenAsync("job/a");
        Assert.Equal("first", Read(file, 0, 5));
    }

    [ContractFact]
    public async Task Of_many_writers_of_one_name_one_succeeds()
    {
        string[] outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(async writer =>
        {
            try
            {
                await WriteAsync("job/a", $"{writer:00}");
                return $"{writer:00}";
            }
            catch (CheckpointStoreException failure)
            {
                return failure.Error.ToString();
            }
        }));

        string winner = Assert.Single(outcomes, outcome => outcome != "Exists");
        using IStoredFile file = await Store.OpenAsync("job/a");
        Assert.Equal(winner, Read(file, 0, 2));
    }

    [ContractFact]
    public async Task What_is_not_there_is_said()
    {
        await AssertFailsAsync(CheckpointStoreError.NotFound, () => Store.OpenAsync("job/a"));
        await WriteAsync("job/a", "x");
        await AssertFailsAsync(CheckpointStoreError.NotFound, () => Store.OpenAsync("job/b"));
        await AssertFailsAsync(CheckpointStoreError.NotFound, () => Store.OpenAsync("job"));
        Assert.Null(await Store.LengthAsync("job/b"));
        Assert.Null(await Store.LengthAsync("job"));
        Assert.Null(await Store.LengthAsync("other/b"));
        Assert.Equal(1, await Store.LengthAsync("job/a"));
    }

    [ContractFact]
    public async Task A_deleted_file_is_gone_and_deleting_it_again_is_fine()
    {
        await WriteAsync("job/a", "x");

        await Store.DeleteAsync("job/a");
        await Store.DeleteAsync("job/a");
        await Store.DeleteAsync("job");
        await Store.DeleteAsync("nowhere/a");

        Assert.Null(await Store.LengthAsync("job/a"));
        Assert.Empty(await Store.ListAsync(""));
    }

    [ContractTheory]
    [InlineData("", "a|job-2/a|job/b|job/c/d")]
    [InlineData("job", "job-2/a|job/b|job/c/d")]
    [InlineData("job/", "job/b|job/c/d")]
    [InlineData("job/c", "job/c/d")]
    [InlineData("job/c/", "job/c/d")]
    [InlineData("job/c/d", "job/c/d")]
    [InlineData("job/c/d/", "")]
    [InlineData("x/", "")]
    public async Task Names_are_listed_by_how_they_begin_in_ordinal_order(string prefix, string expected)
    {
        foreach (string name in new[] { "job/c/d", "job/b", "a", "job-2/a" })
            await WriteAsync(name, name);

        Assert.Equal(expected, string.Join('|', await Store.ListAsync(prefix)));
    }

    [ContractTheory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("..")]
    [InlineData("../a")]
    [InlineData("a/../../b")]
    [InlineData("a/..")]
    [InlineData("./a")]
    [InlineData("a/.hidden")]
    [InlineData("A")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("a:b")]
    [InlineData("a\0b")]
    [InlineData("ä")]
    [InlineData("/etc/passwd")]
    public async Task A_name_that_could_lead_elsewhere_is_refused(string name)
    {
        await AssertFailsAsync(CheckpointStoreError.Invalid, () => WriteAsync(name, "x"));
        await AssertFailsAsync(CheckpointStoreError.Invalid, () => Store.OpenAsync(name));
        await AssertFailsAsync(CheckpointStoreError.Invalid, () => Store.LengthAsync(name));
        await AssertFailsAsync(CheckpointStoreError.Invalid, () => Store.DeleteAsync(name));
        if (name is not ("" or "a/"))
            await AssertFailsAsync(CheckpointStoreError.Invalid, () => Store.ListAsync(name));
    }

    [ContractFact]
    public async Task Names_have_limits()
    {
        string longest = new('a', 200);
        await WriteAsync($"{longest}/{longest[..199]}", "x");

        await AssertFailsAsync(CheckpointStoreError.Invalid, () => WriteAsync($"{longest}/{longest}", "x"));
        await AssertFailsAsync(CheckpointStoreError.Invalid, () => WriteAsync($"{longest}a", "x"));
    }

    [ContractFact]
    public async Task A_cancelled_write_leaves_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Store.WriteAsync("a", [Encoding.ASCII.GetBytes("x")], cancelled));

        Assert.Empty(await Store.ListAsync(""));
    }

    [ContractFact]
    public async Task Several_threads_read_one_file()
    {
        byte[] bytes = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];
        await Store.WriteAsync("a", [bytes]);
        using IStoredFile file = await Store.OpenAsync("a");

        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (int at = thread; at + 1000 <= bytes.Length; at += 777)
            {
                byte[] read = new byte[1000];
                file.Read(at, read);
                Assert.Equal(bytes[at..(at + 1000)], read);
            }
        })));
    }

    protected Task WriteAsync(string name, params string[] parts) =>
        Store.WriteAsync(name, [.. parts.Select(part => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes(part))]);

    protected static string Read(IStoredFile file, long at, int count)
    {
        byte[] bytes = new byte[count];
        file.Read(at, bytes);
        return Encoding.ASCII.GetString(bytes);
    }

    protected static async Task AssertFailsAsync(CheckpointStoreError error, Func<Task> action)
    {
        CheckpointStoreException failure = await Assert.ThrowsAsync<CheckpointStoreException>(action);
        Assert.Equal((error, failure.Message), (failure.Error, failure.Message));
        Assert.EndsWith(".", failure.Message, StringComparison.Ordinal);
    }
}

/// <summary>The store in memory through the contract.</summary>
public sealed class MemoryCheckpointStoreTests : CheckpointStoreContract
{
    protected override ICheckpointStore Store { get; } = new MemoryCheckpointStore();
}

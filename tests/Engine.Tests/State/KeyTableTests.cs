namespace Weir.Engine.Tests.State;

using CsCheck;
using Weir.Engine.State;

public sealed class KeyTableTests
{
    [Fact]
    public void Table_IsADictionary() => Gen
        .Select(Gen.Bool, Gen.Int[0, 60])
        .Array[1, 500]
        .Sample(
            steps =>
            {
                var table = new KeyTable<int>();
                var model = new Dictionary<int, int>();
                var order = new List<int>();
                foreach ((bool remove, int key) in steps)
                {
                    int row = table.Find(key, HashOf(key));
                    Assert.Equal(model.GetValueOrDefault(key, -1), row);
                    if (row >= 0 && remove)
                    {
                        table.Remove(row);
                        model.Remove(key);
                        order.Remove(key);
                    }
                    else
                    {
                        model[key] = table.GetOrAdd(key, HashOf(key));
                        if (row < 0)
                            order.Add(key);
                    }

                    Assert.Equal(model.Count, table.Count);
                }

                Assert.Equal(order, table.InOrder().Select(table.Key));
                Assert.All(model, pair => Assert.Equal(pair.Value, table.Find(pair.Key, HashOf(pair.Key))));
                Assert.Equal(model.Values.Distinct().Count(), model.Count);
            },
            iter: 200);

    /// <summary>Each row that was there when copying began is copied once, before it is touched or when it is its turn.
    /// </summary>
    [Fact]
    public void EachRowThatIsToBeCopied_IsCopiedOnce_BeforeItIsTouched() => Gen
        .Select(Gen.Int[1, 200], Gen.Bool, Gen.Select(Gen.Int[0, 3], Gen.Int[0, 260]).Array[0, 60])
        .Sample(
            (count, all, steps) =>
            {
                var table = new KeyTable<int>();
                for (int key = 0; key < count; key++)
                    table.GetOrAdd(key, HashOf(key));
                table.EndCapture();
                for (int key = 0; key < count; key += 3)
                    table.Touch(table.Find(key, HashOf(key)));
                int[] expected = [.. Enumerable.Range(0, count).Where(key => all || key % 3 == 0)];
                var copied = new List<int>();
                table.BeginCopying(all, row => copied.Add(table.Key(row)));
                table.EndCapture();
                foreach ((int step, int key) in steps)
                {
                    int row = step == 0 ? -1 : table.GetOrAdd(key, HashOf(key));
                    if (row < 0)
                    {
                        table.CopyNext(key / 4 + 1);
                        continue;
                    }

                    table.Touch(row);
                    Assert.Equal(expected.Contains(key), copied.Contains(key));
                    if (step == 3)
                        table.Remove(row);
                }

                Assert.False(table.CopyNext(int.MaxValue));
                Assert.False(table.IsCopying);
                Assert.Equal(expected, copied.Order());
            },
            iter: 300);

    // Few different hashes, so that chains of collisions are long and cross the end of the table.
    private static uint HashOf(int key) => (uint)(key % 7) * 0x9000_0001u;
}

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

    // Few different hashes, so that chains of collisions are long and cross the end of the table.
    private static uint HashOf(int key) => (uint)(key % 7) * 0x9000_0001u;
}

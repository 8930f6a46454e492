namespace Weir.Engine.Tests.Joins;

using CsCheck;
using Weir.Engine.Codecs;
using Weir.Engine.Joins;
using Weir.Engine.Time;
using static Weir.Engine.Tests.Reading;

public sealed class TimedRowsTests
{
    private enum What
    {
        Add,
        Set,
        Remove,
        Rewrite,
    }

    [Fact]
    public void ARowIsItsEventsInOrderOfTimeAndArrival() => Gen
        .Select(
            Gen.Frequency(
                (4, Gen.Const(What.Add)),
                (1, Gen.Const(What.Set)),
                (2, Gen.Const(What.Remove)),
                (1, Gen.Const(What.Rewrite))),
            Gen.Int[0, 2],
            Gen.Long[0, 30])
        .Array[1, 150]
        .Sample(steps =>
        {
            var rows = new TimedRows<string>(new CodecRegistry().For<string>());
            var model = Enumerable.Range(0, 3).Select(_ => new List<(long Time, string Value)>()).ToArray();
            for (int i = 0; i < steps.Length; i++)
            {
                (What what, int row, long time) = steps[i];
                List<(long Time, string Value)> known = model[row];
                if (what is What.Add or What.Set)
                {
                    if (what == What.Add)
                        rows.Add(row, T(time), $"{i}");
                    else
                        rows.Set(row, T(time), $"{i}");
                    int same = what == What.Set ? known.FindLastIndex(each => each.Time == time) : -1;
                    if (same >= 0)
                        known.RemoveAt(same);
                    known.Insert(known.FindLastIndex(each => each.Time <= time) + 1, (time, $"{i}"));
                }
                else if (what == What.Remove)
                {
                    int count = Math.Min((int)time / 5, known.Count);
                    rows.RemoveFirst(row, count);
                    known.RemoveRange(0, count);
                }
                else
                {
                    rows = Rewritten(rows);
                }

                Assert.Equal(known.Select(each => each.Value), rows.Describe(row));
                Assert.Equal(known.Select(each => T(each.Time)), rows.Times(row).ToArray());
                Assert.Equal(known.Count == 0, rows.IsEmpty(row));
                Assert.Equal(known.Count(each => each.Time <= time), rows.EndOf(row, T(time)));
                Assert.Equal(known.Count(each => each.Time < time), rows.StartOf(row, T(time)));
            }
        });

    private static TimedRows<string> Rewritten(TimedRows<string> rows)
    {
        var restored = new TimedRows<string>(new CodecRegistry().For<string>());
        for (int row = 0; row < 3; row++)
        {
            var writer = new ByteWriter();
            rows.Write(row, writer);
            restored.Read(row, new ByteReader(writer.WrittenMemory));
        }

        return restored;
    }
}

namespace Weir.Faults.Oracle;

using Weir.Client;
using Weir.Engine.Errors;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Faults.Jobs;

/// <summary>What the job <c>mix</c> has to write, computed from the stored input, against what it wrote.</summary>
internal sealed class MixOracle(IReadOnlyList<Order> orders, IReadOnlyList<Payment> payments,
    IReadOnlyList<Transfer> transfers)
{
    /// <summary>Compares everything.</summary>
    /// <param name="client">Reads the topics.</param>
    /// <param name="leeway">What may differ, because that was accepted or is not over yet.</param>
    public async Task<List<string>> CheckAsync(IWeirClient client, Leeway leeway)
    {
        List<string> problems = [];
        problems.AddRange(Comparison.Of("sums", Sums(), await ReadAsync(client, MixJob.Sums), leeway));
        problems.AddRange(Comparison.Of("sessions", Sessions(), await ReadAsync(client, MixJob.Sessions), leeway));
        problems.AddRange(Comparison.Of("reminders", Reminders(), await ReadAsync(client, MixJob.Reminders), leeway));
        problems.AddRange(Comparison.Of("join", Joined(), await ReadAsync(client, MixJob.Joined), leeway));
        List<DeadLetter<Transfer>> refused = await ReadAsync(client, MixJob.Refused);
        problems.AddRange(Comparison.Of(
            "dead letters", Refused().Select(each => each.Id), refused.Select(each => each.Event!.Id), leeway));
        List<Credited> credits = await ReadAsync(client, MixJob.Credits);
        problems.AddRange(Comparison.Of(
            "credits",
            Valid().Select(each => (each.Id, each.To, each.Amount)),
            credits.Select(each => (each.Id, each.To, each.Amount)),
            leeway));
        if (!leeway.HasFlag(Leeway.Repeats))
            problems.AddRange(Balances(credits));
        return problems;
    }

    /// <summary>The events of a topic, by partition and offset.</summary>
    public static async Task<List<T>> ReadAsync<T>(IWeirClient client, Topic<T> topic)
    {
        var events = new List<T>();
        await foreach (TopicEvent<T> each in client.ReadAsync(topic))
            events.Add(each.Value);
        return events;
    }

    // The transfers to an account arrive in any order, but each adds its amount to what was there.
    private static IEnumerable<string> Balances(List<Credited> credits)
    {
        foreach (IGrouping<int, Credited> account in credits.GroupBy(each => each.To))
        {
            long balance = 0;
            foreach (Credited credit in account)
            {
                balance += credit.Amount;
                if (credit.Balance == balance)
                    continue;
                yield return $"credits: account {account.Key} has {credit.Balance} after transfer {credit.Id}, not "
                    + $"{balance}";
                break;
            }
        }
    }

    private IEnumerable<Transfer> Valid() => transfers.Where(each => each.Amount > 0);

    private IEnumerable<Transfer> Refused() => transfers.Where(each => each.Amount == 0);

    private IEnumerable<Windowed<int, Tally>> Sums() => orders
        .GroupBy(order => (order.Key, Window: WindowOf(order.At, MixJob.WindowSize)))
        .Select(each => new Windowed<int, Tally>(each.Key.Key, each.Key.Window, TallyOf(each)));

    private IEnumerable<Windowed<int, Tally>> Sessions()
    {
        long gap = (long)MixJob.SessionGap.TotalMilliseconds;
        foreach (IGrouping<int, Order> key in orders.GroupBy(order => order.Key))
        {
            var session = new List<Order>();
            foreach (Order order in key.OrderBy(each => each.At.Milliseconds))
            {
                // Sessions that touch are one.
                if (session.Count > 0 && order.At.Milliseconds > session[^1].At.Milliseconds + gap)
                {
                    yield return Session(key.Key, session, gap);
                    session.Clear();
                }

                session.Add(order);
            }

            yield return Session(key.Key, session, gap);
        }
    }

    private static Windowed<int, Tally> Session(int key, List<Order> session, long gap) => new(
        key, new TimeRange(session[0].At, new EventTime(session[^1].At.Milliseconds + gap)), TallyOf(session));

    private IEnumerable<Rang> Reminders() =>
        orders.Select(order => new Rang(order.Key, order.At + MixJob.RemindAfter)).Distinct();

    private IEnumerable<Paid> Joined() =>
        from order in orders
        join payment in payments on order.Key equals payment.Key
        where payment.At >= order.At && payment.At <= order.At + MixJob.PayWithin
        select new Paid(order.Id, payment.Id);

    internal static TimeRange WindowOf(EventTime time, TimeSpan size)
    {
        long length = (long)size.TotalMilliseconds;
        long start = time.Milliseconds / length * length;
        return new TimeRange(new EventTime(start), new EventTime(start + length));
    }

    internal static Tally TallyOf(IEnumerable<Order> orders) =>
        orders.Aggregate(default(Tally), (sum, order) => new Tally(sum.Count + 1, sum.Sum + order.Amount));
}

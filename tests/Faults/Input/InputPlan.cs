namespace Weir.Faults.Input;

using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Faults.Jobs;

/// <summary>
/// The events of a round, each a function of the seed and its number. Event times of a topic are at most
/// <see cref="Jitter"/> behind the newest one before: within the bound of the one job, beyond that of the other.
/// </summary>
internal sealed class InputPlan
{
    public const int Partitions = 2;
    private const int Keys = 24;
    private const int Accounts = 16;
    private const int Jitter = 90;
    private const int PoisonEvery = 61;
    private readonly ulong _seed;

    public InputPlan(ulong seed)
    {
        _seed = seed;
        Orders = new Feed<Order>(Topics.Orders, Partitions, MakeOrder);
        Payments = new Feed<Payment>(Topics.Payments, Partitions, MakePayment);
        Transfers = new Feed<Transfer>(Topics.Transfers, Partitions, MakeTransfer);
    }

    /// <summary>How many transfers there are for 100 ms of event time.</summary>
    public const int TransferRate = 5;

    public static IEnumerable<int> AllAccounts => Enumerable.Range(0, Accounts);

    public Feed<Order> Orders { get; }

    public Feed<Payment> Payments { get; }

    public Feed<Transfer> Transfers { get; }

    /// <summary>Each feed with its events for 100 ms of event time.</summary>
    public IReadOnlyList<(IFeed Feed, int Rate)> Feeds => [(Orders, 10), (Payments, 4), (Transfers, TransferRate)];

    private Order MakeOrder(int index) =>
        new(index, (int)(Mix(1, index) % Keys), (int)(Mix(2, index) % 100), At(index, 10, 3));

    private Payment MakePayment(int index) => new(index, (int)(Mix(4, index) % Keys), At(index, 4, 5));

    private Transfer MakeTransfer(int index)
    {
        int from = (int)(Mix(6, index) % Accounts);
        int to = (from + 1 + (int)(Mix(7, index) % (Accounts - 1))) % Accounts;
        int amount = index % PoisonEvery == PoisonEvery - 1 ? 0 : 1 + (int)(Mix(8, index) % 1000);
        return new Transfer(index, from, to, amount, At(index, 5, 9));
    }

    private EventTime At(int index, int rate, int salt)
    {
        EventTime begin = EventTime.From(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        long steady = 200 + (index * 100L / rate);
        return begin + TimeSpan.FromMilliseconds(steady - (long)(Mix(salt, index) % Jitter));
    }

    private ulong Mix(int salt, int index) =>
        StableHash.Mix(_seed ^ StableHash.Mix(((ulong)(uint)salt << 32) | (uint)index));
}

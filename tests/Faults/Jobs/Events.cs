namespace Weir.Faults.Jobs;

using Weir.Engine.Streams;
using Weir.Engine.Time;

/// <summary>The main input.</summary>
public sealed record Order(long Id, int Key, int Amount, EventTime At);

/// <summary>What orders are joined with.</summary>
public sealed record Payment(long Id, int Key, EventTime At);

/// <summary>Takes an amount from one account and gives it to another; an amount of 0 is poison.</summary>
public sealed record Transfer(long Id, int From, int To, int Amount, EventTime At);

/// <summary>A transfer that has left its account, and what the account comes to.</summary>
public sealed record Debited(long Id, int From, int To, int Amount, long Balance);

/// <summary>A transfer that has arrived, and what the account comes to.</summary>
public sealed record Credited(long Id, int To, int Amount, long Balance);

/// <summary>An order and a payment of the same key that lie close together.</summary>
public readonly record struct Paid(long Order, long Payment);

/// <summary>A timer that fired.</summary>
public readonly record struct Rang(int Key, EventTime At);

/// <summary>How many, and how much.</summary>
public readonly record struct Tally(long Count, long Sum);

/// <summary>The topics of both jobs.</summary>
public static class Topics
{
    public static readonly KeyedTopic<int, Order> Orders = Topic.Of<Order>("orders").KeyedBy(order => order.Key);
    public static readonly KeyedTopic<int, Payment> Payments =
        Topic.Of<Payment>("payments").KeyedBy(payment => payment.Key);
    public static readonly KeyedTopic<long, Transfer> Transfers =
        Topic.Of<Transfer>("transfers").KeyedBy(transfer => transfer.Id);
}

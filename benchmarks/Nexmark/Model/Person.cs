namespace Weir.Benchmarks.Nexmark.Model;

using Weir.Engine.Time;

/// <summary>Somebody who offers things, or bids for them.</summary>
/// <param name="Id">From 1000 on, without gaps.</param>
/// <param name="Name">First and last name.</param>
/// <param name="EmailAddress">An address.</param>
/// <param name="CreditCard">Four groups of four digits.</param>
/// <param name="City">One of ten.</param>
/// <param name="State">One of AZ, CA, ID, OR, WA, WY.</param>
/// <param name="DateTime">When the person registered.</param>
/// <param name="Extra">Fills the person up to its size.</param>
public sealed record Person(
    long Id,
    string Name,
    string EmailAddress,
    string CreditCard,
    string City,
    string State,
    EventTime DateTime,
    string Extra);

namespace Weir.Contracts.Keys;

/// <summary>
/// The key groups of the silo in this process. A client in the process of a silo asks them without a call, which costs
/// more than the answer.
/// </summary>
public interface ILocalGroups
{
    /// <summary>
    /// What a running group holds for a key now, as a call would say; null if only a call can tell: the group is elsewhere,
    /// is just being restored, or has events to work on. Any thread may ask.
    /// </summary>
    /// <param name="key">The key.</param>
    GroupAnswer? TryFind(in KeyOfGroup key);
}

/// <summary>A key of a view and the group that it was reckoned to belong to.</summary>
/// <param name="Job">The job.</param>
/// <param name="Operator">The operator of the view, by index.</param>
/// <param name="Group">The group.</param>
/// <param name="View">The view.</param>
/// <param name="Key">The key, as the codec of its type writes it.</param>
public readonly record struct KeyOfGroup(string Job, int Operator, int Group, string View, ReadOnlyMemory<byte> Key);

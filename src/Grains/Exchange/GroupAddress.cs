namespace Weir.Grains.Exchange;

using System.Globalization;
using Weir.Contracts;

/// <summary>
/// A key group of an operator of a job; as a grain key <c>job/operator/group</c>, the operator by index.
/// </summary>
internal readonly record struct GroupAddress(string Job, int Operator, int Group)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Job}/{Operator}/{Group}");

    public static GroupAddress Parse(string key)
    {
        string[] parts = key.Split('/');
        if (parts.Length == 3
            && int.TryParse(parts[1], CultureInfo.InvariantCulture, out int operatorIndex)
            && int.TryParse(parts[2], CultureInfo.InvariantCulture, out int group))
            return new GroupAddress(parts[0], operatorIndex, group);
        throw new WeirException(
            WeirError.InvalidRequest, $"'{key}' does not address a key group: it must be job/operator/group.");
    }
}

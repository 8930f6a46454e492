namespace Weir.Silo.Health;

using System.Globalization;
using System.Text;
using Orleans.Runtime;

/// <summary>
/// The page <c>/members</c>: the silos of the cluster as this one sees them, a line each, for people and scripts.
/// </summary>
internal static class Members
{
    public const string Page = "/members";

    public static string Show(ClusterMembershipSnapshot members)
    {
        var text = new StringBuilder();
        foreach (ClusterMember member in members.Members.Values
            .OrderBy(member => member.SiloAddress.Endpoint.ToString(), StringComparer.Ordinal)
            .ThenBy(member => member.SiloAddress.Generation))
        {
            text.Append(CultureInfo.InvariantCulture, $"{member.SiloAddress.Endpoint} {member.Status} {member.Name}\n");
        }

        return text.ToString();
    }
}

namespace Weir.Engine.Codecs;

using System.Reflection;
using System.Runtime.CompilerServices;

/// <summary>A member that is written: its name, its type and where it stands.</summary>
internal sealed record Member(string Name, Type Type, MemberInfo Info);

/// <summary>
/// How a type is taken apart and put together by its public members: first the parameters of its one public
/// constructor (records, in the order of their parameters), then every other public field and property that can be
/// set, in the order of declaration. Invariant: these are all that a value has; a type that holds anything else has no
/// shape.
/// </summary>
/// <param name="Members">The members.</param>
/// <param name="Parameters">How many of them, from the first, the constructor takes.</param>
/// <param name="Constructor">The constructor, or null for none with parameters.</param>
internal sealed record MemberShape(IReadOnlyList<Member> Members, int Parameters, ConstructorInfo? Constructor)
{
    private const BindingFlags Public = BindingFlags.Instance | BindingFlags.Public;

    public static MemberShape? Of(Type type)
    {
        if (type.IsAbstract || type.IsPrimitive || type.IsPointer || type.IsByRefLike || type == typeof(object)
            || typeof(Delegate).IsAssignableFrom(type)
            || typeof(System.Collections.IEnumerable).IsAssignableFrom(type)
            || type.IsDefined(typeof(InlineArrayAttribute)))
            return null;
        Member[] all = [.. PublicMembers(type)];
        ConstructorInfo[] constructors = [.. type.GetConstructors().Where(each => each.GetParameters().Length > 0)];
        Member[] taken = constructors.Length == 1 ? Parameterized(constructors[0], all) : [];
        if (taken.Length == 0 && !HasEmptyConstructor(type))
            return null;
        Member[] members = [.. taken, .. all.Except(taken).Where(CanSet)];
        if (members.Length == 0 || HoldsMore(type, members))
            return null;
        return new MemberShape(members, taken.Length, taken.Length > 0 ? constructors[0] : null);
    }

    private static bool HasEmptyConstructor(Type type) =>
        type.IsValueType || type.GetConstructor(Type.EmptyTypes) is not null;

    /// <summary>The members that a constructor takes, or none if it takes anything else.</summary>
    private static Member[] Parameterized(ConstructorInfo constructor, Member[] members)
    {
        ParameterInfo[] parameters = constructor.GetParameters();
        Member[] taken = [.. parameters.SelectMany(parameter => members.Where(member =>
            member.Type == parameter.ParameterType
            && string.Equals(member.Name, parameter.Name, StringComparison.OrdinalIgnoreCase)).Take(1))];
        return taken.Length == parameters.Length ? taken : [];
    }

    private static bool CanSet(Member member) =>
        member.Info is PropertyInfo { SetMethod.IsPublic: true } or FieldInfo { IsInitOnly: false };

    // A field is accounted for if it is written itself, if it backs a property that is, or if a written property can be
    // what shows it: private fields beyond the number of such properties would be lost without a word.
    private static bool HoldsMore(Type type, Member[] members)
    {
        HashSet<string> accounted = [.. members.Select(member => member.Name)];
        int written = members.Count(member => member.Info is PropertyInfo);
        int hidden = 0;
        foreach (FieldInfo field in AllFields(type))
        {
            if (field.IsDefined(typeof(FixedBufferAttribute)))
                return true;
            if (field.Name.StartsWith('<') && accounted.Contains(field.Name[1..].Split('>')[0]))
                written--;
            else if (!field.IsPublic)
                hidden++;
            else if (!accounted.Contains(field.Name))
                return true;
        }

        return hidden > written;
    }

    private static IEnumerable<FieldInfo> AllFields(Type type)
    {
        const BindingFlags declared = Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        for (Type? each = type; each is not null && each != typeof(object); each = each.BaseType)
        {
            foreach (FieldInfo field in each.GetFields(declared))
                yield return field;
        }
    }

    private static IEnumerable<Member> PublicMembers(Type type) => type
        .GetMembers(Public)
        .OrderBy(member => member.MetadataToken)
        .Select(member => member switch
        {
            PropertyInfo { GetMethod.IsPublic: true } property when property.GetIndexParameters().Length == 0 =>
                new Member(property.Name, property.PropertyType, property),
            FieldInfo field => new Member(field.Name, field.FieldType, field),
            _ => null,
        })
        .OfType<Member>();
}

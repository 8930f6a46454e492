namespace Weir.Engine.Graph;

using System.Collections;
using System.Reflection;

/// <summary>
/// Which types can be keys. A key that arrives again must be found again: types that are equal only if they are the
/// same object, such as arrays, would give every event a key of its own.
/// </summary>
internal static class KeyTypes
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    public static bool CompareByValue(Type type)
    {
        if (type == typeof(string) || type.IsPrimitive || type.IsEnum)
            return true;
        if (type.IsArray || type == typeof(object) || typeof(IEnumerable).IsAssignableFrom(type))
            return false;
        MethodInfo? equals = type.GetMethod(nameof(Equals), [typeof(object)]);
        if (!type.IsValueType && (equals is null || equals.DeclaringType == typeof(object)))
            return false;

        // A comparison that somebody wrote is theirs to answer for; a record's and a tuple's is that of their fields.
        if (!ComparesFields(type))
            return true;
        bool isDerived = type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType);
        return type.GetFields(Fields).All(field => CompareByValue(field.FieldType))
            && (!isDerived || CompareByValue(type.BaseType!));
    }

    private static bool ComparesFields(Type type) =>
        type.GetMethod("<Clone>$") is not null
        || type.GetMethod("PrintMembers", Fields) is not null
        || type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true
        || type.FullName?.StartsWith("System.Tuple`", StringComparison.Ordinal) == true
        || (type.IsValueType && type.GetMethod(nameof(Equals), [typeof(object)])!.DeclaringType == typeof(ValueType));
}

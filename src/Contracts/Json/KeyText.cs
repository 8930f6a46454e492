namespace Weir.Contracts.Json;

using System.Text.Json;

/// <summary>
/// Keys as text, in addresses and on the command line: a string is itself, everything else is its JSON, for example
/// <c>42</c> or <c>{"origin":"SFO","destination":"JFK"}</c>.
/// </summary>
public static class KeyText
{
    /// <summary>A key as text.</summary>
    public static string Format(object key) =>
        key as string ?? JsonSerializer.Serialize(key, key?.GetType() ?? typeof(object), WeirJson.Options);

    /// <summary>A key from its text.</summary>
    /// <exception cref="WeirException">The text is not a key of that type (<see
    /// cref="WeirError.InvalidValue"/>).</exception>
    public static object Parse(Type type, string text)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (type == typeof(string))
            return text;
        try
        {
            if (JsonSerializer.Deserialize(text, type, WeirJson.Options) is { } key)
                return key;
        }
        catch (Exception invalid)
        {
            // A text with half of a surrogate pair, or what the constructor of the key's type throws, is wrong as well.
            throw new WeirException(
                WeirError.InvalidValue, $"'{text}' is not a key of type {type.Name}: {invalid.Message}", invalid);
        }

        throw new WeirException(WeirError.InvalidValue, $"'{text}' is not a key of type {type.Name}.");
    }
}

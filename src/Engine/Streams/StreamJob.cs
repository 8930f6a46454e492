namespace Weir.Engine.Streams;

using System.Text;

/// <summary>
/// A job: a class whose <see cref="Define"/> states its graph. Every silo has the class and builds the same graph from
/// it; it is made by dependency injection, so its constructor may ask for options and services.
/// </summary>
public abstract class StreamJob
{
    /// <summary>
    /// Its name, by which it is started and asked: lower-case letters, digits, '.', '_' and '-'. The default is the
    /// name of the class in kebab case: <c>PageViews</c> gives <c>page-views</c>.
    /// </summary>
    public virtual string Name => KebabCase(GetType().Name);

    /// <summary>
    /// Which version of its functions this is; any text, empty by default. It is part of the graph's fingerprint. Nobody
    /// can see that a formula inside a function is another one: with another version a start from the last checkpoint
    /// is refused until someone says from where the job goes on and what becomes of its output.
    /// </summary>
    public virtual string Version => "";

    /// <summary>States the graph. Called whenever it is built, so it must state the same one each time.</summary>
    public abstract void Define(JobBuilder job);

    private static string KebabCase(string name)
    {
        var text = new StringBuilder();
        for (int i = 0; i < name.Length; i++)
        {
            bool startsWord = char.IsUpper(name[i])
                && i > 0
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (startsWord)
                text.Append('-');
            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}

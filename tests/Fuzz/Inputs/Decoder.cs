namespace Weir.Fuzz.Inputs;

/// <summary>A valid input of a decoder.</summary>
/// <param name="Name">What it is of, to be named when it fails.</param>
/// <param name="Bytes">The input.</param>
/// <param name="Decode">Decodes bytes like these and uses what came of them; throws if they are refused.</param>
public sealed record Sample(string Name, byte[] Bytes, Action<byte[]> Decode)
{
    /// <summary>
    /// Damages what a checksum or another outer form would keep from being reached; null: there is no such form.
    /// The second argument is another sample's bytes.
    /// </summary>
    public Func<byte[], Chance, byte[]>? Inside { get; init; }

    /// <summary>Bytes that the program around may take beyond what it takes with the valid input.</summary>
    public long BytesAround { get; init; }
}

/// <summary>Something that takes bytes or text from outside of the process or from a disk.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Samples">Valid inputs; at least one.</param>
/// <param name="IsRefusal">Whether an exception is the documented answer to wrong input.</param>
public sealed record Decoder(string Name, IReadOnlyList<Sample> Samples, Func<Exception, bool> IsRefusal)
{
    /// <summary>The input of an index, and the sample that it was made of.</summary>
    public (Sample Sample, byte[] Bytes) InputAt(long seed, long index)
    {
        var chance = new Chance(seed, index);
        Sample sample = chance.Of(Samples);
        byte[] other = chance.Of(Samples).Bytes;
        return (sample, sample.Inside is { } inside && !chance.OneIn(4)
            ? inside(other, chance)
            : Damage.Of(sample.Bytes, other, chance));
    }
}

/// <summary>An accepted input whose value does not behave.</summary>
public sealed class MisbehavedException(string message) : Exception(message);

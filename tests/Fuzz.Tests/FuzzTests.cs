namespace Weir.Fuzz.Tests;

using Weir.Fuzz.Decoders;
using Weir.Fuzz.Inputs;

/// <summary>
/// Every decoder with damaged input, as the console program of tests/Fuzz gives it: the same inputs in every build.
/// </summary>
public sealed class FuzzTests
{
    // Other tests come first on the cores, so the time is only kept from being endless.
    private static readonly FuzzOptions Short =
        new() { SlowAfter = TimeSpan.FromSeconds(10), StuckAfter = TimeSpan.FromMinutes(5) };

    public static TheoryData<string> Decoders => [.. AllDecoders.Names];

    [Theory]
    [MemberData(nameof(Decoders))]
    public void DamagedInput_IsAcceptedOrRefused_AndNothingElse(string name)
    {
        Decoder decoder = Assert.Single(AllDecoders.Named(name));
        int kinds = decoder.Samples.Select(sample => sample.Name).Distinct().Count();
        FuzzOptions options = Short with { Inputs = Math.Max(2500, 200 * kinds) };
        FuzzResult result = new FuzzRun(decoder, options).Run();
        Assert.Empty(result.Failures);
        Assert.Equal((options.Inputs, 0), (result.Inputs, result.Failed));
        Assert.True(result.Accepted > 0 && result.Refused > 0, result.ToString());
    }

    [Fact]
    public void ADecoder_ThatIsWrong_IsCaught()
    {
        var indexed = new Sample("indexed", [3, 1, 2, 3], bytes => _ = bytes[bytes[0]]);
        var trusting = new Sample("trusting", [1, 0, 0, 0], bytes => _ = new byte[BitConverter.ToInt32(bytes) & 0xFFFFFF]);
        var shown = Failures(indexed).Concat(Failures(trusting)).ToList();
        Assert.Contains(shown, failure => failure.What.StartsWith("System.IndexOutOfRangeException", StringComparison.Ordinal));
        Assert.Contains(shown, failure => failure.What.Contains("bytes were allocated", StringComparison.Ordinal));
        FuzzFailure first = shown[0];
        Assert.Contains($"--decoder wrong --seed 1 --from {first.Index} --inputs 1", first.Command, StringComparison.Ordinal);
    }

    [Fact]
    public void ADecoder_ThatDoesNotEnd_IsCaught()
    {
        using var never = new ManualResetEventSlim();
        var stuck = new Sample("stuck", [1], bytes =>
        {
            if (bytes is not [1])
                never.Wait();
        });
        var options = new FuzzOptions { Inputs = 10, StuckAfter = TimeSpan.FromMilliseconds(50) };
        FuzzResult result = new FuzzRun(new Decoder("stuck", [stuck], _ => false), options).Run();
        never.Set();
        Assert.Contains("does not end", Assert.Single(result.Failures).What, StringComparison.Ordinal);
    }

    private static IReadOnlyList<FuzzFailure> Failures(Sample sample) =>
        new FuzzRun(new Decoder("wrong", [sample], fault => fault is ArgumentException), new FuzzOptions { Inputs = 1000 })
            .Run().Failures;
}

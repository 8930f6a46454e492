namespace Weir.Client.Sending;

/// <summary>Under what name and epoch the log counts what is sent.</summary>
/// <param name="Name">The name.</param>
/// <param name="Epoch">Grows with every incarnation of the name.</param>
/// <param name="Resumes">Whether the log may know the name from before.</param>
internal sealed record ProducerIdentity(string Name, long Epoch, bool Resumes)
{
    /// <summary>A name that nobody else has.</summary>
    public static ProducerIdentity Create() => new($"client-{Guid.NewGuid():N}", Epoch: 0, Resumes: false);

    public static ProducerIdentity Of(ProducerOptions options, TimeProvider clock) => options.Name is null
        ? Create() with { Epoch = options.Epoch ?? 0 }
        : new(options.Name, options.Epoch ?? clock.GetUtcNow().UtcTicks, Resumes: true);
}

namespace Weir.Engine.Streams;

/// <summary>When what a job writes can be seen. Either way every event is written exactly once.</summary>
public enum Delivery
{
    /// <summary>When the checkpoint that it belongs to is complete. The default.</summary>
    Transactional = 0,

    /// <summary>
    /// At once, one batch of output per batch of input. Only where the same logs always give the same output, event by
    /// event: in what follows a source, or an operator whose one input is keyed as its topic is.
    /// </summary>
    Immediate = 1,
}

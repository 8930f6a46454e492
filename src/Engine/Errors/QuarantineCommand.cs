namespace Weir.Engine.Errors;

using Weir.Engine.Codecs;
using Weir.Engine.Graph;
using Weir.Engine.Operators;
using Weir.Engine.Time;

/// <summary>
/// An event of a job's command topic: what to do with a key that an operator keeps in quarantine.
/// </summary>
/// <param name="Operator">The operator.</param>
/// <param name="Key">The key, as its codec writes it.</param>
/// <param name="IsRelease">True to apply what is held for the key, false to drop it.</param>
internal sealed record QuarantineCommand(string Operator, byte[] Key, bool IsRelease);

/// <summary>
/// Brings commands to the key groups of an operator. It is no input: its channel lies behind those of the inputs, and
/// carries no time, so it neither holds back the watermark nor keeps the job from finishing. It carries barriers: a
/// command belongs to the checkpoint before which it was read.
/// </summary>
internal sealed class CommandEdge(SourceNode<QuarantineCommand> from) : Edge, IConsumer<QuarantineCommand>
{
    public override StreamNode From => from;

    public override bool IsMain => false;

    public override string Describe() => $"commands {From.Id} -> {Target.Name}";

    public override Slice NewSlice(SliceTarget target, CodecRegistry codecs) =>
        new Slice<QuarantineCommand>(target, codecs.For<QuarantineCommand>(), hasOffsets: true);

    public Receiver<QuarantineCommand> Receive(Stage stage) => new CommandRouter(this, stage);
}

/// <summary>Sends each command to the key group that it concerns. One that concerns nobody goes nowhere.</summary>
internal sealed class CommandRouter(CommandEdge edge, Stage stage) : Receiver<QuarantineCommand>, IStageEnd
{
    private readonly List<Slice> _slices = [];

    public override void OnEvent(in QuarantineCommand value, EventTime time)
    {
        if (value.Operator != edge.Target.Name || GroupOf(value.Key) is not { } group)
            return;
        Slice<QuarantineCommand> slice = NewSlice(group);
        slice.Add(in value, time, stage.Offset);
        _slices.Add(slice);
        stage.Held++;
    }

    public void Begin()
    {
        // The source of commands has no function of the user's that could fail on them.
    }

    public void Undo() => Begin();

    public void Mark(EventTime watermark, EventTime clock, bool idle)
    {
        // Commands have no part in the job's time.
    }

    public void Barrier(long number)
    {
        for (int group = 0; group < stage.Plan.GroupCount; group++)
        {
            Slice<QuarantineCommand> slice = NewSlice(group);
            slice.EndWith(number);
            _slices.Add(slice);
        }
    }

    public void Flush(IStageOutput output)
    {
        foreach (Slice slice in _slices)
            output.Post(slice);
        _slices.Clear();
    }

    private Slice<QuarantineCommand> NewSlice(int group)
    {
        int index = edge.Target.Index;
        var target = new SliceTarget(index, group, stage.Plan.ChannelCount(index, group), edge.Id);
        return (Slice<QuarantineCommand>)edge.NewSlice(target, stage.Plan.Codecs);
    }

    private int? GroupOf(byte[] key)
    {
        try
        {
            return stage.Plan.GroupOfKey(edge.Target.Index, key);
        }
        catch (CorruptDataException)
        {
            return null;
        }
    }
}

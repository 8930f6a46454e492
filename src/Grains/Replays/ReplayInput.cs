namespace Weir.Grains.Replays;

using Weir.Engine.Operators;
using Weir.Engine.Streams;
using Weir.Engine.Time;
using Weir.Protocol.Checkpoints;
using Weir.Protocol.Logs;
using Weir.Protocol.Sources;

/// <summary>
/// The batches of one partition from where a checkpoint stands to the end that it has when the replay begins.
/// </summary>
internal sealed class ReplayInput
{
    private readonly IEventLog _log;
    private readonly TopicPartition _place;
    private readonly long _end;
    private readonly Queue<EventBatch> _batches = new();
    private long _next;

    private ReplayInput(IEventLog log, SourceProgram program, long end)
    {
        _log = log;
        Program = program;
        _place = new TopicPartition(program.Topic, program.Partition);
        _next = program.Next;
        _end = end;
    }

    public SourceProgram Program { get; }

    /// <summary>When the next batch was appended.</summary>
    public EventTime Stamp => _batches.Peek().Stamp;

    /// <summary>Restores a source, and compares the last batch that it has read with the log's.</summary>
    /// <exception cref="InputChangedException">The log holds another batch there.</exception>
    public static async Task<ReplayInput> OpenAsync(ReplayContext context, SourceProgram program, long? to)
    {
        var place = new TopicPartition(program.Topic, program.Partition);
        PartitionInfo info = await context.Log.DescribeAsync(place);
        string participant = Participants.OfSource(program.Topic, program.Partition);
        if (context.From.ReportOf(participant)?.Cut is { } cut)
        {
            var task = new SourceTask(program, cut);
            if (cut.Last.Batches > 0)
                task.VerifyLast((await context.Log.ReadAsync(place, cut.Last.From, new ReadLimits(1, 1))).Batches[0]);
        }
        else
        {
            program.StartAt(info.First);
        }

        return new ReplayInput(context.Log, program, Math.Min(to ?? info.Next, info.Next));
    }

    /// <summary>Looks for the next batch; false at the end.</summary>
    public async ValueTask<bool> FillAsync()
    {
        if (_batches.Count == 0 && _next < _end)
        {
            LogFetch fetch = await _log.ReadAsync(_place, _next, ReadLimits.Default);
            foreach (EventBatch batch in fetch.Batches.Where(batch => batch.From < _end))
                _batches.Enqueue(batch.Part == BatchPart.Whole ? batch : batch.Before(_end));
            _next = fetch.Next;
        }

        return _batches.Count > 0;
    }

    public EventBatch Take() => _batches.Dequeue();
}

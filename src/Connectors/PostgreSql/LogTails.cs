namespace Weir.Connectors.PostgreSql;

using System.Collections.Concurrent;
using Weir.Protocol.Logs;

/// <summary>
/// How far partitions reach as far as this process knows. Invariant: an end that is known never falls, and nothing is
/// said to be new to a reader but by the database; "nothing new" is said from here while it is fresh.
/// </summary>
/// <param name="age">How long it is fresh after the database was asked.</param>
internal sealed class LogTails(TimeSpan age)
{
    private readonly ConcurrentDictionary<long, Tail> _tails = new();
    private readonly long _age = (long)age.TotalMilliseconds;

    /// <summary>A moment, to be taken before the database is asked.</summary>
    public static long Now => Environment.TickCount64;

    /// <summary>Notes an end; whether the watchers have not been told of it or of a later one, which they are now.
    /// </summary>
    public bool Learn(long partition, long next) => Of(partition).Learn(next);

    /// <summary>The database had this end at a moment or later.</summary>
    public void Confirm(long partition, long next, long moment) => Of(partition).Confirm(next, moment);

    /// <summary>The answer to a reader at the end, while it is known that there is no more.</summary>
    public Task<LogFetch>? TryEmpty(long partition, long from) =>
        _tails.TryGetValue(partition, out Tail? tail) ? tail.TryEmpty(from, Now - _age) : null;

    private Tail Of(long partition) => _tails.GetOrAdd(partition, static _ => new Tail());

    private sealed class Tail
    {
        private readonly Lock _gate = new();
        private long _next = -1;
        private long _told = -1;
        private long _confirmed = long.MinValue;
        private Task<LogFetch>? _empty;

        public bool Learn(long next)
        {
            lock (_gate)
            {
                if (next > _next)
                {
                    _next = next;
                    _confirmed = long.MinValue;
                    _empty = null;
                }

                if (next <= _told)
                    return false;
                _told = next;
                return true;
            }
        }

        public void Confirm(long next, long moment)
        {
            lock (_gate)
            {
                if (next < _next || (next == _next && moment <= _confirmed))
                    return;
                if (next > _next)
                    _empty = null;
                _next = next;
                _confirmed = moment;
            }
        }

        public Task<LogFetch>? TryEmpty(long from, long since)
        {
            lock (_gate)
            {
                if (from != _next || _confirmed <= since)
                    return null;
                return _empty ??= Task.FromResult(new LogFetch(from, from, []));
            }
        }
    }
}

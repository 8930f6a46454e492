namespace Weir.Engine.Time;

using Weir.Engine.Codecs;

/// <summary>
/// Merges the watermarks of the splits that one partition is read from, for example the files of a directory, which
/// come and go. Invariant: the merged watermark never falls; whenever it is computed it is raised to the minimum over
/// the active splits, or to the maximum over all if every split is idle.
/// </summary>
/// <remarks>
/// <para>
/// Splits at 5 and 2 give 2; when the one at 5 goes idle it is still 2; when the other does too it is 5, and the whole
/// is idle. A split that comes back at 3 makes the whole active and has no other effect until it is above 5.
/// </para>
/// <para>
/// A split can state its time at once (<see cref="Advance"/>, as a generator does for an event) or leave it for the
/// next <see cref="Combine"/> (<see cref="AdvanceLater"/>, as one does at the end of a batch). To remove a split
/// computes nothing: the next statement does. Without splits nothing is computed, so to remove the last one changes
/// neither the watermark nor whether the whole is idle. Source: Flink's watermark output multiplexer.
/// </para>
/// </remarks>
public sealed class SplitWatermarks
{
    // In the order of names, so that equal states have equal bytes whatever the order in which splits came.
    private readonly SortedDictionary<string, Split> _splits = new(StringComparer.Ordinal);

    /// <summary>Number of registered splits.</summary>
    public int Count => _splits.Count;

    /// <summary>The merged watermark; <see cref="EventTime.MinValue"/> before there is one.</summary>
    public EventTime Watermark { get; private set; } = EventTime.MinValue;

    /// <summary>Whether every split was idle when it was last computed.</summary>
    public bool IsIdle { get; private set; }

    /// <summary>Adds a split, active and at the minimum; it holds the others back from now on.</summary>
    /// <exception cref="ArgumentException">There is a split of that name.</exception>
    public void Register(string split)
    {
        ArgumentNullException.ThrowIfNull(split);
        if (!_splits.TryAdd(split, new Split()))
            throw new ArgumentException($"The split '{split}' is registered already.", nameof(split));
    }

    /// <summary>Removes a split; false if there was none. The watermark follows with the next statement.</summary>
    public bool Unregister(string split) => _splits.Remove(split);

    /// <summary>Whether there is a split of that name.</summary>
    public bool Contains(string split) => _splits.ContainsKey(split);

    /// <summary>
    /// A split's watermark, which makes it active. If it is higher than the split's last one the whole is computed;
    /// true if the merged watermark rose.
    /// </summary>
    /// <exception cref="ArgumentException">There is no split of that name.</exception>
    public bool Advance(string split, EventTime watermark) => Of(split).Advance(watermark) && Combine();

    /// <summary>As <see cref="Advance"/>, and nothing is computed until <see cref="Combine"/>.</summary>
    /// <exception cref="ArgumentException">There is no split of that name.</exception>
    public void AdvanceLater(string split, EventTime watermark) => Of(split).Advance(watermark);

    /// <summary>A split becomes idle, and the whole is computed; true if the merged watermark rose.</summary>
    /// <exception cref="ArgumentException">There is no split of that name.</exception>
    public bool MarkIdle(string split)
    {
        Of(split).IsIdle = true;
        return Combine();
    }

    /// <summary>As <see cref="MarkIdle"/>, and nothing is computed until <see cref="Combine"/>.</summary>
    /// <exception cref="ArgumentException">There is no split of that name.</exception>
    public void MarkIdleLater(string split) => Of(split).IsIdle = true;

    /// <summary>
    /// Computes the whole, as at the end of a batch; true if the merged watermark rose. See also
    /// <see cref="IsIdle"/>.
    /// </summary>
    public bool Combine()
    {
        if (_splits.Count == 0)
            return false;
        EventTime lowestActive = EventTime.MaxValue;
        EventTime highest = EventTime.MinValue;
        bool allIdle = true;
        foreach (Split split in _splits.Values)
        {
            highest = EventTime.Max(highest, split.Watermark);
            if (split.IsIdle)
                continue;
            allIdle = false;
            lowestActive = EventTime.Min(lowestActive, split.Watermark);
        }

        IsIdle = allIdle;
        EventTime merged = allIdle ? highest : lowestActive;
        if (merged <= Watermark)
            return false;
        Watermark = merged;
        return true;
    }

    /// <summary>Writes everything that a restored one needs to go on alike.</summary>
    public void Write(ByteWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteSigned(Watermark.Milliseconds);
        writer.WriteBool(IsIdle);
        writer.WriteVarint((ulong)_splits.Count);
        foreach ((string name, Split split) in _splits)
        {
            writer.WriteString(name);
            writer.WriteSigned(split.Watermark.Milliseconds);
            writer.WriteBool(split.IsIdle);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote, in place of all that is there.</summary>
    /// <exception cref="CorruptDataException">The bytes are something else.</exception>
    public void Read(ByteReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        _splits.Clear();
        Watermark = new EventTime(reader.ReadSigned());
        IsIdle = reader.ReadBool();
        int count = reader.ReadCount(3);
        for (int i = 0; i < count; i++)
        {
            string? name = reader.ReadString();
            var split = new Split { Watermark = new EventTime(reader.ReadSigned()), IsIdle = reader.ReadBool() };
            if (name is null || !_splits.TryAdd(name, split))
                throw new CorruptDataException($"the stored time holds the split '{name}' twice, or without a name");
        }
    }

    private Split Of(string split) => _splits.TryGetValue(split, out Split? known)
        ? known
        : throw new ArgumentException($"There is no split '{split}': register it first.", nameof(split));

    private sealed class Split
    {
        public EventTime Watermark { get; set; } = EventTime.MinValue;

        public bool IsIdle { get; set; }

        /// <summary>True if the split's watermark rose.</summary>
        public bool Advance(EventTime watermark)
        {
            IsIdle = false;
            if (watermark <= Watermark)
                return false;
            Watermark = watermark;
            return true;
        }
    }
}

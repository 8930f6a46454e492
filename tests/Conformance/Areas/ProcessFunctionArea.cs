namespace Weir.Conformance.Areas;

using System.Text.Json;
using System.Text.RegularExpressions;
using Weir.Engine.Operators;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>Functions of keys with timers. What the function does stands in the case as a sentence.</summary>
internal sealed partial class ProcessFunctionArea : Area
{
    public override void Run(JsonElement each)
    {
        JsonElement function = each.GetProperty("function");
        string[] clauses = Clauses(function.Text("onElement"));
        string[] fired = Clauses(function.Text("onTimer"));
        if (clauses.Concat(fired).FirstOrDefault(clause => !IsKnown(clause)) is { } unknown)
            throw NotYet($"a function that does '{unknown}'");
        var job = new CaseJob(events => events
            .KeyBy(Item.Input.Key)
            .Process("function", new Sentence(clauses, fired))
            .KeyBy(_ => "all")
            .Process("stamp", new Stamp())
            .To(Item.Output));
        CaseRun.Play(each, job, Show, each.True("exactOrder"));
    }

    private static string[] Clauses(string sentence) =>
    [
        .. Remark().Replace(sentence, "").Split([';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(clause => clause.StartsWith("then ", StringComparison.Ordinal) ? clause[5..] : clause),
    ];

    private static bool IsKnown(string clause) =>
        Emission().IsMatch(clause) || Choice().IsMatch(clause) || Timers().IsMatch(clause);

    private static string Show(JsonElement output) =>
        $"{output.Text("value")} at {output.Long("ts", EventTime.None.Milliseconds)}";

    // "(key must be the registering key)"
    [GeneratedRegex(@"\s*\([^)]*\)\s*$")]
    private static partial Regex Remark();

    // "emit value", "emit 1777" or "emit '<value>TIME:<currentWatermark>'"
    [GeneratedRegex(@"^emit (value|-?\d+|'[^']*')$")]
    private static partial Regex Emission();

    // "emit 'EVENT:1777' or 'PROC:1777' by domain"
    [GeneratedRegex("^emit '([^']*)' or '([^']*)' by domain$")]
    private static partial Regex Choice();

    // "register processing-time timers 3 and 5 and event-time timers 4 and 6", "delete event-time 4"
    [GeneratedRegex(@"^(register|delete) (an? )?(processing|event)-time( timers?)?( at)? (current\w+( ?\+ ?)|-?\d+)[\w +-]*$")]
    private static partial Regex Timers();

    [GeneratedRegex(@"(?<domain>processing|event)-time|(?<now>current\w+)|(?<time>-?\d+)")]
    private static partial Regex TimerWord();

    private sealed class Sentence(string[] onEvent, string[] onTimer) : KeyedProcess<string, Item, string>
    {
        public override void OnEvent(Item value, IKeyContext<string, string> key)
        {
            foreach (string clause in onEvent)
                Do(clause, value, null, key);
        }

        public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
        {
            foreach (string clause in onTimer)
                Do(clause, null, timer.Domain, key);
        }

        private static void Do(string clause, Item? item, TimeDomain? domain, IKeyContext<string, string> key)
        {
            if (Choice().Match(clause) is { Success: true } choice)
                key.Emit(choice.Groups[domain == TimeDomain.Event ? 1 : 2].Value);
            else if (Emission().Match(clause) is { Success: true } emission)
                key.Emit(Fill(emission.Groups[1].Value.Trim('\''), item, key));
            else
                Change(clause, key);
        }

        private static string Fill(string text, Item? item, IKeyContext<string, string> key)
        {
            string time = key.Time.HasValue ? $"{key.Time.Milliseconds}" : "null";
            string value = item?.Value.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? key.Key;
            return text == "value"
                ? value
                : text.Replace("<value>", value, StringComparison.Ordinal)
                    .Replace("<key>", key.Key, StringComparison.Ordinal)
                    .Replace("<currentWatermark>", $"{key.Watermark.Milliseconds}", StringComparison.Ordinal)
                    .Replace("<currentProcessingTime>", $"{key.Clock.Milliseconds}", StringComparison.Ordinal)
                    .Replace("<elementTimestamp>", time, StringComparison.Ordinal);
        }

        private static void Change(string clause, IKeyContext<string, string> key)
        {
            TimeDomain domain = TimeDomain.Event;
            long from = 0;
            foreach (Match word in TimerWord().Matches(clause))
            {
                if (word.Groups["domain"].Success)
                    domain = word.Value[0] == 'p' ? TimeDomain.Processing : TimeDomain.Event;
                else if (word.Groups["now"].Success)
                    from = word.Value.Contains("Watermark") ? key.Watermark.Milliseconds : key.Clock.Milliseconds;
                else if (clause.StartsWith("register", StringComparison.Ordinal))
                    key.Timers.Register(new EventTime(from + long.Parse(word.Value)), domain);
                else
                    key.Timers.Delete(new EventTime(from + long.Parse(word.Value)), domain);
            }
        }
    }

    /// <summary>Shows the timestamp that a result came with.</summary>
    private sealed class Stamp : KeyedProcess<string, string, string>
    {
        public override void OnEvent(string value, IKeyContext<string, string> key) =>
            key.Emit($"{value} at {key.Time.Milliseconds}");
    }
}

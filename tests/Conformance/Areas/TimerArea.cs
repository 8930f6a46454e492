namespace Weir.Conformance.Areas;

using System.Text.Json;
using Weir.Engine.Operators;
using Weir.Engine.Testing;
using Weir.Engine.Time;
using Weir.Engine.Timers;

/// <summary>
/// Timers of keys. A namespace is a part of the key here: the pair is what owns a timer. An item with value 1 registers
/// a timer of the event clock and 2 of the processing clock; the negative values delete.
/// </summary>
internal sealed class TimerArea : Area
{
    public override void Run(JsonElement each)
    {
        foreach (bool crash in (bool[])[false, true])
            new TimerRun(crash).Play([.. each.List("steps")]);
    }

    private sealed class TimerRun
    {
        private readonly HashSet<string> _owners = [];
        private readonly Registrar _function = new();
        private readonly JobHarness _run;

        public TimerRun(bool crash)
        {
            var job = new CaseJob(events => events.KeyBy(Item.Input.Key).Process("timers", _function).To(Item.Output));
            _run = new JobHarness(job, new HarnessOptions { CrashBetweenSteps = crash });
        }

        public void Play(JsonElement[] steps)
        {
            for (int i = 0; i < steps.Length; i++)
                Play(steps[i], $"step {i}");
        }

        private void Play(JsonElement step, string where)
        {
            switch (step.Text("op"))
            {
                case "register":
                    Send(step, 1);
                    break;
                case "delete":
                    Send(step, -1);
                    break;
                case "advance" when step.Text("domain") == "event":
                    _run.AdvanceWatermark(new EventTime(step.Long("to")));
                    break;
                case "advance":
                    _run.AdvanceClock(new EventTime(step.Long("to")));
                    break;
                case "onFire":
                    _function.Next = step.At("register") is null ? null : new EventTime(step.Long("register"));
                    break;
                case "snapshotRestore":
                    _run.CrashAndRestore();
                    break;
                case "assertCount":
                    Expect($"{where}, timers", step.Long("count"), Count(step));
                    break;
                case "assertFired":
                    ExpectAll($"{where}, fired", step.List("timers").Select(Show), _run.ReadNew(Item.Output));
                    break;
                case "assertPhysicalTimers":
                    break;
                default:
                    throw NotYet($"the step {step}");
            }
        }

        private void Send(JsonElement step, int sign)
        {
            string owner = $"{step.Text("key")}/{step.Text("namespace")}";
            _owners.Add(owner);
            _run.Send(Item.Input, new Item(owner, sign * (step.Text("domain") == "event" ? 1 : 2), step.Long("time")));
        }

        private long Count(JsonElement step) => _owners
            .Where(owner => step.At("key") is null || owner.Split('/')[0] == step.Text("key"))
            .Where(owner => step.At("namespace") is null || owner.Split('/')[1] == step.Text("namespace"))
            .SelectMany(owner => _run.Inspect("timers", owner)?.Timers ?? [])
            .Count(timer => timer.Domain == (step.Text("domain") == "event" ? TimeDomain.Event : TimeDomain.Processing));

        private static string Show(JsonElement timer) => Show(
            $"{timer.Text("key")}/{timer.Text("namespace")}",
            timer.Long("time"),
            timer.Text("domain") == "event" ? TimeDomain.Event : TimeDomain.Processing);

        private static string Show(string owner, long time, TimeDomain domain) => $"{owner} {domain} {time}";

        private sealed class Registrar : KeyedProcess<string, Item, string>
        {
            /// <summary>What each firing registers.</summary>
            public EventTime? Next { get; set; }

            public override void OnEvent(Item value, IKeyContext<string, string> key)
            {
                TimeDomain domain = Math.Abs(value.Value) == 1 ? TimeDomain.Event : TimeDomain.Processing;
                if (value.Value > 0)
                    key.Timers.Register(new EventTime(value.Ts), domain);
                else
                    key.Timers.Delete(new EventTime(value.Ts), domain);
            }

            public override void OnTimer(FiredTimer timer, IKeyContext<string, string> key)
            {
                key.Emit(Show(key.Key, timer.Time.Milliseconds, timer.Domain));
                if (Next is { } time)
                    key.Timers.Register(time, timer.Domain);
            }
        }
    }
}

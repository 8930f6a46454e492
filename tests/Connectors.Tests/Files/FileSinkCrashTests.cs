namespace Weir.Connectors.Tests.Files;

using Weir.Protocol.Sinks;

/// <summary>
/// Death, power loss and failure before every single step that a lane makes on the disk, and two epochs at once in every
/// order of their steps.
/// </summary>
public sealed class FileSinkCrashTests
{
    private const long Events = 23;

    public enum End
    {
        Killed,
        KilledInAWrite,
        PowerLost,
    }

    [Theory]
    [InlineData(End.Killed)]
    [InlineData(End.KilledInAWrite)]
    [InlineData(End.PowerLost)]
    public async Task An_end_before_any_step_loses_and_repeats_nothing(End end)
    {
        int steps = await CountStepsAsync();
        Assert.True(steps > 80, $"{steps} steps");
        for (int step = 0; step < steps; step++)
        {
            for (int seed = 0; seed < (end == End.PowerLost ? 8 : 1); seed++)
                await CrashAsync(end, step, new Random((step * 100) + seed));
        }
    }

    [Fact]
    public async Task A_power_loss_while_the_work_of_a_killed_process_is_taken_over_loses_and_repeats_nothing()
    {
        int steps = await CountStepsAsync();
        for (int step = 0; step < steps; step++)
        {
            for (int second = 0; second < 16; second++)
            {
                var chance = new Random((step * 100) + second);
                var run = new FileSinkRun(new SimulatedDisk(), chance);
                Arm(run, run.Disk.Steps + step, tears: false);
                await Assert.ThrowsAsync<CrashException>(() => run.PlayAsync(1, Events));
                run.Disk.Restart();
                Arm(run, run.Disk.Steps + second, tears: false);
                await PlayToTheEndAsync(run, epoch: 2);
                run.Disk.LosePower(chance);
                await FinishAsync(run, epoch: 3);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_end_while_a_lane_that_failed_opens_again_in_the_same_epoch_loses_and_repeats_nothing(bool losesPower)
    {
        int steps = await CountStepsAsync();
        for (int step = 0; step < steps; step++)
        {
            for (int second = 0; second < 16; second++)
            {
                var chance = new Random((step * 100) + second);
                var run = new FileSinkRun(new SimulatedDisk(), chance);
                Arm(run, run.Disk.Steps + step, tears: true);
                await PlayToTheEndAsync(run, epoch: 1);
                run.Disk.Restart();
                Arm(run, run.Disk.Steps + second, tears: false);
                await PlayToTheEndAsync(run, epoch: 1);
                if (losesPower)
                    run.Disk.LosePower(chance);
                else
                    run.Disk.Restart();
                await FinishAsync(run, epoch: 2);
            }
        }
    }

    [Fact]
    public async Task Many_ends_at_random_lose_and_repeat_nothing()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var chance = new Random(seed);
            var run = new FileSinkRun(new SimulatedDisk(), chance);
            long epoch = 1;
            for (int crash = chance.Next(1, 6); crash > 0; crash--, epoch += chance.Next(1, 3))
            {
                Arm(run, run.Disk.Steps + chance.Next(0, 60), tears: chance.Next(2) == 0);
                await PlayToTheEndAsync(run, epoch);
                if (chance.Next(2) == 0)
                    run.Disk.Restart();
                else
                    run.Disk.LosePower(chance);
            }

            await FinishAsync(run, epoch + 1);
        }
    }

    [Fact]
    public async Task A_step_that_fails_is_recovered_by_opening_the_lane_again_in_the_same_epoch()
    {
        int steps = await CountStepsAsync();
        for (int step = 0; step < steps; step++)
        {
            var run = new FileSinkRun(new SimulatedDisk(), new Random(step));
            int first = run.Disk.Steps;
            run.Disk.BeforeStep = (at, what) =>
            {
                run.Read();
                if (at == first + step)
                    throw new IOException(what, step % 2 == 0 ? 28 : 5);
            };
            SinkException failure = await Assert.ThrowsAsync<SinkException>(() => run.PlayAsync(1, Events));
            Assert.Equal(step % 2 == 0 ? SinkError.Full : SinkError.Unavailable, failure.Error);
            await FinishAsync(run, epoch: 1);
        }
    }

    [Fact]
    public async Task A_lane_that_failed_is_opened_again_before_it_takes_more()
    {
        var run = new FileSinkRun(new SimulatedDisk());
        await using ISinkLane lane = run.Lane(1);
        await Assert.ThrowsAsync<SinkException>(async () => await lane.AppendAsync(0, FileSinkRun.Batches(0, 1)));
        await lane.OpenAsync();
        run.Disk.BeforeStep = (_, _) => throw new IOException("no");
        await Assert.ThrowsAsync<SinkException>(async () => await lane.AppendAsync(0, FileSinkRun.Batches(0, 1)));
        run.Disk.BeforeStep = null;
        await Assert.ThrowsAsync<SinkException>(async () => await lane.AppendAsync(0, FileSinkRun.Batches(0, 1)));
        Assert.Equal(0, await lane.OpenAsync());
        await lane.AppendAsync(0, FileSinkRun.Batches(0, Events));
        await lane.FinishAsync();
        run.AssertComplete(Events);
    }

    [Fact]
    public async Task A_newer_epoch_may_take_over_before_any_step_of_an_older_one()
    {
        int steps = await CountStepsAsync();
        int fenced = 0;
        for (int step = 0; step < steps; step++)
        {
            var run = new FileSinkRun(new SimulatedDisk(), new Random(step));
            int at = run.Disk.Steps + step;
            run.Disk.BeforeStep = (now, _) =>
            {
                run.Read();
                if (now == at)
                    run.PlayAsync(2, Events).GetAwaiter().GetResult();
            };
            long confirmed = 0;
            try
            {
                await using ISinkLane old = run.Lane(1);
                confirmed = await old.OpenAsync();
                for (; confirmed < Events; confirmed += 2)
                    await old.AppendAsync(confirmed, FileSinkRun.Batches(confirmed, Math.Min(Events, confirmed + 2)));
                await old.FinishAsync();
            }
            catch (SinkException failure)
            {
                Assert.Equal(SinkError.Fenced, failure.Error);
                fenced++;
            }

            run.Disk.BeforeStep = (_, _) => run.Read();
            await run.PlayAsync(3, Events);
            run.AssertComplete(Events);
        }

        Assert.InRange(fenced, steps / 2, steps);
    }

    [Fact]
    public async Task An_older_epoch_may_append_before_any_step_of_a_newer_one_that_opens()
    {
        int taken = 0;
        int fenced = 0;
        for (int before = 0; before < 8; before++)
        {
            for (int step = 0; step < 40; step++)
            {
                var run = new FileSinkRun(new SimulatedDisk(), new Random(step));
                await using ISinkLane old = run.Lane(1);
                await old.OpenAsync();
                long stored = 0;
                for (; stored < before; stored++)
                    await old.AppendAsync(stored, FileSinkRun.Batches(stored, stored + 1));
                int at = run.Disk.Steps + step;
                run.Disk.BeforeStep = (now, _) =>
                {
                    run.Read();
                    if (now == at)
                        Meddle();
                };
                await using ISinkLane young = run.Lane(2);
                Assert.InRange(await young.OpenAsync(), stored, Events);
                await run.PlayAsync(3, Events);
                run.AssertComplete(Events);

                void Meddle()
                {
                    try
                    {
                        // Long enough to finish a file, too.
                        old.AppendAsync(stored, FileSinkRun.Batches(stored, stored + 15)).AsTask().GetAwaiter().GetResult();
                        stored += 15;
                        taken++;
                    }
                    catch (SinkException failure)
                    {
                        Assert.Equal(SinkError.Fenced, failure.Error);
                        fenced++;
                    }
                }
            }
        }

        Assert.True(taken > 5 && fenced > 5, $"{taken} taken, {fenced} fenced");
    }

    [Fact]
    public async Task An_older_epoch_can_not_open_again()
    {
        var run = new FileSinkRun(new SimulatedDisk());
        await run.PlayAsync(5, Events);

        SinkException failure = await Assert.ThrowsAsync<SinkException>(() => run.PlayAsync(4, Events));

        Assert.Equal(SinkError.Fenced, failure.Error);
        await FinishAsync(run, 6);
    }

    private static async Task<int> CountStepsAsync()
    {
        var run = new FileSinkRun(new SimulatedDisk());
        int before = run.Disk.Steps;
        await run.PlayAsync(1, Events);
        run.AssertComplete(Events);
        return run.Disk.Steps - before;
    }

    private static async Task CrashAsync(End end, int step, Random chance)
    {
        var run = new FileSinkRun(new SimulatedDisk(), chance);
        Arm(run, run.Disk.Steps + step, tears: end == End.KilledInAWrite);
        await Assert.ThrowsAsync<CrashException>(() => run.PlayAsync(1, Events));
        if (end == End.PowerLost)
            run.Disk.LosePower(chance);
        else
            run.Disk.Restart();
        await FinishAsync(run, epoch: 2);
    }

    /// <summary>Until it dies, or has done all.</summary>
    private static async Task PlayToTheEndAsync(FileSinkRun run, long epoch)
    {
        try
        {
            await run.PlayAsync(epoch, Events);
        }
        catch (CrashException)
        {
        }
    }

    private static void Arm(FileSinkRun run, int step, bool tears)
    {
        run.Disk.TearsWrites = tears;
        run.Disk.BeforeStep = (at, _) =>
        {
            run.Read();
            if (at < step)
                return;
            run.Disk.IsDead = true;
            throw new CrashException();
        };
    }

    private static async Task FinishAsync(FileSinkRun run, long epoch)
    {
        run.Disk.BeforeStep = (_, _) => run.Read();
        await run.PlayAsync(epoch, Events);
        run.AssertComplete(Events);
    }
}

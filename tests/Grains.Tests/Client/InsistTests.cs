namespace Weir.Grains.Tests.Client;

using Weir.Client.Calls;
using Weir.Contracts;
using Weir.Grains.Tests.Logs;

/// <summary>Calls that are made again beside one that says nothing: the first answer counts.</summary>
public sealed class InsistTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly ManualTime _time = new();
    private readonly List<TaskCompletionSource<int>> _attempts = [];

    [Fact]
    public async Task ACallThatSaysNothing_IsMadeAgainBesideIt()
    {
        Task<int> answer = InsistAsync();
        BeSilent();
        _attempts[1].SetResult(2);
        Assert.Equal(2, await answer.WaitAsync(Limit));
        Assert.Equal(0, _time.Armed);
    }

    [Fact]
    public async Task AnAnswerThatComesAfterAll_Counts()
    {
        Task<int> answer = InsistAsync();
        BeSilent();
        BeSilent();
        _attempts[0].SetResult(1);
        Assert.Equal(1, await answer.WaitAsync(Limit));
        Assert.Equal(3, _attempts.Count);
    }

    [Fact]
    public async Task AnAttemptThatIsGivenUp_LeavesTheOthers()
    {
        Task<int> answer = InsistAsync();
        BeSilent();
        _attempts[0].SetException(new TimeoutException());
        BeSilent();
        _attempts[2].SetResult(3);
        Assert.Equal(3, await answer.WaitAsync(Limit));
    }

    [Fact]
    public async Task ARefusal_IsTheAnswer()
    {
        Task<int> answer = InsistAsync();
        BeSilent();
        _attempts[1].SetException(new WeirException(WeirError.InvalidRequest, "No."));
        WeirException fault = await Assert.ThrowsAsync<WeirException>(() => answer.WaitAsync(Limit));
        Assert.Equal(WeirError.InvalidRequest, fault.Error);
    }

    [Fact]
    public async Task MoreThanSixAtOnce_AreNotMade()
    {
        Task<int> answer = InsistAsync();
        for (int i = 0; i < 5; i++)
            BeSilent();
        _time.Move(Patience * 10);
        Assert.Equal(6, _attempts.Count);
        _attempts[5].SetResult(6);
        Assert.Equal(6, await answer.WaitAsync(Limit));
    }

    [Fact]
    public async Task ACanceledCall_IsMadeNoMore()
    {
        using var cancellation = new CancellationTokenSource();
        Task<int> answer = InsistAsync(cancellation.Token);
        BeSilent();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WaitAsync(Limit));
        Assert.True(SpinWait.SpinUntil(() => _time.Armed == 0, Limit));
        _time.Move(Patience * 10);
        Assert.Equal(2, _attempts.Count);
    }

    /// <summary>Lets the patience pass with one attempt, and waits for the next one to be made.</summary>
    private void BeSilent()
    {
        int attempts = _attempts.Count;
        Assert.True(SpinWait.SpinUntil(() => _time.Armed > 0, Limit));
        _time.Move(Patience);
        Assert.True(SpinWait.SpinUntil(() => _attempts.Count > attempts, Limit));
    }

    private Task<int> InsistAsync(CancellationToken cancellation = default) =>
        new GrainCalls(TimeSpan.Zero, _time, new GatewayWatch()).InsistAsync(
            () =>
            {
                var attempt = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
                _attempts.Add(attempt);
                return attempt.Task;
            },
            "count",
            cancellation);
}

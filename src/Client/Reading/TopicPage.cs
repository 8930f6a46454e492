namespace Weir.Client.Reading;

/// <summary>Events of one partition; reading goes on at <paramref name="Next"/>.</summary>
internal sealed record TopicPage<T>(long Next, IReadOnlyList<TopicEvent<T>> Events, bool IsEnd);

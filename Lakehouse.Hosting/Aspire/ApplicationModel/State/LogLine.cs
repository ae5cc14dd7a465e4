namespace Aspire.Hosting.ApplicationModel;

/// <summary>A line of a resource's log. Numbers begin at 1 for each reader.</summary>
public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <summary>That somebody reads the log of a resource now, or nobody any more.</summary>
public readonly record struct LogSubscriber(string Name, bool AnySubscribers);

namespace Aspire.Hosting.ApplicationModel;

/// <summary>How waits behave that do not say it.</summary>
public sealed class ResourceNotificationServiceOptions
{
    public WaitBehavior DefaultWaitBehavior { get; set; }
}

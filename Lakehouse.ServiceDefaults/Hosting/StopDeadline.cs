using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lakehouse.ServiceDefaults.Hosting;

/// <summary>
/// Ends the process when it was asked to stop and is not done in time. Everything the services write is safe against a
/// crash, so an end without ceremony loses nothing; a service that never ends would be killed anyway.
/// </summary>
internal sealed partial class StopDeadline(IHostApplicationLifetime lifetime, ILogger<StopDeadline> logger) : IHostedService, IDisposable
{
    /// <summary>How long hosted services may take to stop.</summary>
    public static readonly TimeSpan Graceful = TimeSpan.FromSeconds(7);

    /// <summary>When the process ends, whatever is still going on.</summary>
    private static readonly TimeSpan Final = TimeSpan.FromSeconds(9);

    private CancellationTokenRegistration registration;
    private Timer? timer;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        registration = lifetime.ApplicationStopping.Register(() => timer = new Timer(_ => End(), null, Final, Timeout.InfiniteTimeSpan));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Disarms the deadline, when the host is disposed of in time.</summary>
    public void Dispose()
    {
        registration.Dispose();
        timer?.Dispose();
    }

    private void End()
    {
        NotInTime(Final.TotalSeconds);
        Environment.Exit(0);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The service did not stop within {Seconds} s and ends now; what was not committed is done again at the next start.")]
    private partial void NotInTime(double seconds);
}

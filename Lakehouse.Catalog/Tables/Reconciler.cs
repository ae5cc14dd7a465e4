using Lakehouse.Catalog.Migrations;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Lakehouse.Catalog.Tables;

/// <summary>How the catalog follows the lake; the configuration section <c>Lakehouse:Catalog</c>.</summary>
internal sealed record ReconcileOptions
{
    /// <summary>The pause between two comparisons of the catalog with the lake's folder.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The pause after one that failed, such as while the database is not there yet.</summary>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>
/// Migrates the database, then compares catalog and lake again and again: what writers announced while the catalog was down,
/// or never announced, is found here.
/// </summary>
internal sealed partial class Reconciler(
    Migrator migrator, TableRegistry registry, ReconcileOptions options, IHostApplicationLifetime lifetime, ILogger<Reconciler> logger) : BackgroundService, IHealthCheck
{
    private volatile string? reason = "The metadata database is not migrated yet.";

    /// <summary>Ready once the catalog has been made equal to the lake, and while that goes on to work.</summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(reason is { } why ? new HealthCheckResult(context.Registration.FailureStatus, why) : HealthCheckResult.Healthy());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        bool migrated = false;
        while (true)
        {
            try
            {
                if (!migrated)
                {
                    foreach (int number in await migrator.MigrateAsync(stoppingToken)) Migrated(number);
                    migrated = true;
                }
                int changed = await registry.ReconcileAsync((table, error) => Unreadable(table.ToString(), error.Message), stoppingToken);
                if (changed > 0) Reconciled(changed);
                reason = null;
            }
            catch (MigrationException error)
            {
                Refused(error.Message);
                reason = error.Message;
                Environment.ExitCode = 1;
                lifetime.StopApplication();   // no retry mends this, and a restart by whoever supervises us tells it again
                return;
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or UnauthorizedAccessException)
            {
                string why = $"The catalog cannot be compared with the lake: {error.Message}";
                if (reason != why) Fails(error.Message);
                reason = why;
            }
            await Task.Delay(reason is null ? options.Interval : options.RetryPause, stoppingToken);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Migration {Number} is applied")]
    private partial void Migrated(int number);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Tables} tables were added, renewed or removed to follow the lake")]
    private partial void Reconciled(int tables);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Table {Table} cannot be read: {Reason}")]
    private partial void Unreadable(string table, string reason);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Reason}")]
    private partial void Refused(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The catalog cannot be compared with the lake and tries again: {Reason}")]
    private partial void Fails(string reason);
}

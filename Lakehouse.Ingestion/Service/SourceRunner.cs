using Lakehouse.Engine;
using Lakehouse.Ingestion.Postgres;
using Npgsql;

namespace Lakehouse.Ingestion.Service;

/// <summary>
/// Runs every source until the service stops. A source whose database or tables are not there yet, or which another
/// ingester reads, is tried again; one that fails for good waits for a person, and the others go on.
/// </summary>
internal sealed partial class SourceRunner(
    Lake lake, IReadOnlyList<PostgresSourceOptions> sources, SourceStates states, ILogger<SourceRunner> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(sources.Select(source => Task.Run(() => RunAsync(source, states[source.Name], stoppingToken), CancellationToken.None)));

    private async Task RunAsync(PostgresSourceOptions source, SourceState state, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await using var ingester = new PostgresIngester(lake, source, state);
                state.ReadBy(ingester);
                await ingester.RunAsync(ct);
                break;
            }
            catch (Exception error) when (MayCome(error))
            {
                if (state.Waiting(error.Message)) Waits(source.Name, error.Message);
                await Task.Delay(Pause, ct).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
            catch (Exception error)
            {
                state.Failed(error.Message);
                Failed(error, source.Name);
                return;
            }
        }
        state.Stopped();
    }

    private static bool MayCome(Exception error) => error switch
    {
        SourceTableNotFoundException or SlotInUseException => true,
        SourceConnectionException { InnerException: PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } } => true,
        _ => false,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Source {Source} waits: {Reason}")]
    private partial void Waits(string source, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Source {Source} failed; other sources go on")]
    private partial void Failed(Exception error, string source);
}

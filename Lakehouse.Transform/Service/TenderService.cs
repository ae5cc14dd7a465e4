using Lakehouse.Engine;
using Lakehouse.ServiceDefaults.Clients.Catalog;

namespace Lakehouse.Transform.Service;

/// <summary>
/// Tends the lake's tables in the background. It lives here because this service is the one that merges: its merges and the tender take
/// turns, where from another process each would make the other begin again.
/// </summary>
internal sealed partial class TenderService(Lake lake, TenderServiceOptions options, ILogger<TenderService> logger, TableAnnouncements? announcements = null) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Enabled) return;
        var tender = new LakeTender(lake, new TendingOptions { MemoryLimit = options.MemoryLimit });
        try
        {
            await Task.Delay(options.FirstAfter, stoppingToken);
            while (true)
            {
                await RunRoundAsync(tender, stoppingToken);
                await Task.Delay(options.Interval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await ReleaseAsync(tender);
        }
    }

    private async Task RunRoundAsync(LakeTender tender, CancellationToken ct)
    {
        try
        {
            TendingRound round = await tender.RunRoundAsync(ct);
            if (round.HeldBy is { } other) HeldByOther(other);
            foreach (TendedTable table in round.Tables) Tell(table);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The lake cannot be read just now; the next round finds the tables as they are.
            RoundFailed(error.Message);
        }
    }

    private void Tell(TendedTable table)
    {
        string name = table.Table.ToString();
        if (table.Optimized is { Commits: > 0 } done)
        {
            Optimized(name, done.FilesRemoved, done.FilesAdded, done.RowsPurged, done.Version);
            announcements?.Announce(name, done.Version);
        }
        if (table.Checkpoint is { } version) Checkpointed(name, version);
        if (table.Failure is { } reason) LeftAlone(name, reason);
    }

    private async Task ReleaseAsync(LakeTender tender)
    {
        try
        {
            await tender.ReleaseAsync(CancellationToken.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The lease ends by itself.
            RoundFailed(error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Tended {Table}: {FilesBefore} files became {FilesAfter}, {Rows} deleted rows gone; version {Version}")]
    private partial void Optimized(string table, int filesBefore, int filesAfter, long rows, long version);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tended {Table}: wrote the checkpoint of version {Version}")]
    private partial void Checkpointed(string table, long version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Table} is left as it is for a while: {Reason}")]
    private partial void LeftAlone(string table, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The lake is tended by {Other}")]
    private partial void HeldByOther(string other);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lake's tables were not tended: {Reason}")]
    private partial void RoundFailed(string reason);
}

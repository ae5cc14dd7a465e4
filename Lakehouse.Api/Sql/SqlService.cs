using System.Diagnostics;
using Lakehouse.Api.Problems;
using Lakehouse.Api.Sandbox;
using Lakehouse.Api.Tables;
using Lakehouse.Engine;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Api.Sql;

/// <summary>
/// Answers SQL: parsed, checked and run in a sandbox process; only names and versions of tables are looked up here. No
/// text of a caller reaches a DuckDB in this process.
/// </summary>
public sealed class SqlService(SandboxPool pool, OpenResults open, LakeCatalog catalog, SandboxOptions options)
{
    /// <summary>Runs a statement and gives the first page.</summary>
    /// <exception cref="SqlProblemException">The request or its SQL is wrong, or the query failed.</exception>
    /// <exception cref="SandboxTimeoutException">Its time was up.</exception>
    /// <exception cref="SandboxDiedException">Its process ended.</exception>
    /// <exception cref="SandboxBusyException">Too many queries wait.</exception>
    public Task<SqlPage> QueryAsync(SqlRequest request, CancellationToken cancellationToken) =>
        SqlTelemetry.MeasureAsync(() => FirstPageAsync(request, cancellationToken));

    private async Task<SqlPage> FirstPageAsync(SqlRequest request, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        OpenResult? result = null;
        try
        {
            SqlLimits limits = SqlLimits.Of(request, options);
            using SandboxPool.Place place = await pool.EnterAsync(cancellationToken);
            (result, SandboxRows rows) = await InTimeAsync(limits.Timeout, token => StartAsync(request, limits, token), cancellationToken);
            SqlPage page = new(result.Columns, rows, result.Tables, rows.More ? result.PageAddress(1) : null, Stopwatch.GetElapsedTime(started));
            if (rows.More)
            {
                await open.AddAsync(result);
                result = null;
            }
            return page;
        }
        catch (SqlRejectedException rejected)
        {
            throw SqlProblems.Rejected(request.Sql, rejected);
        }
        catch (SandboxFailedException failed)
        {
            throw SqlProblems.Failed(request.Sql, failed.Error, options);
        }
        finally
        {
            if (result is not null)
                await result.DisposeAsync();
        }
    }

    /// <summary>A later page of a result; null when the result is closed, or the page is neither its last nor its next.</summary>
    public async Task<SqlPage?> NextPageAsync(string id, int number, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        if (open.Find(id) is not { } result)
            return null;
        await result.Turn.WaitAsync(cancellationToken);
        try
        {
            if (number == result.LastNumber)
                return result.LastPage;
            if (number != result.LastNumber + 1 || result.IsClosed)
                return null;
            using SandboxPool.Place place = await pool.EnterAsync(cancellationToken);
            SandboxRows rows = await InTimeAsync(result.Timeout, token => result.Process.FetchAsync(result.Limit, token), cancellationToken);
            result.LastNumber = number;
            result.LastPage = new SqlPage(result.Columns, rows, result.Tables, rows.More ? result.PageAddress(number + 1) : null, Stopwatch.GetElapsedTime(started));
            if (!rows.More)
                await result.DisposeAsync(); // the page stays for a reader that asks again, the process is done
            return result.LastPage;
        }
        catch (SandboxFailedException failed)
        {
            _ = open.CloseAsync(id);
            throw SqlProblems.Failed(result.Sql, failed.Error, options);
        }
        catch
        {
            // half a page may have been read: the next one would not follow on
            _ = open.CloseAsync(id);
            throw;
        }
        finally
        {
            result.Turn.Release();
        }
    }

    private async Task<(OpenResult Result, SandboxRows Rows)> StartAsync(SqlRequest request, SqlLimits limits, CancellationToken cancellationToken)
    {
        SandboxProcess process = await pool.TakeAsync(cancellationToken);
        try
        {
            string statement = await catalog.RunStatementAsync(limits.Sql, options.AllowUpkeep, cancellationToken) ?? limits.Sql;
            (string sql, IReadOnlyDictionary<TableName, PastTable> past) = await LakeCatalog.RewriteAsync(statement);
            IReadOnlyList<NamedTable> named = SqlGate.Check(await process.ParseAsync(sql, cancellationToken));
            IReadOnlyList<TableRead> reads = await catalog.ResolveAsync(named, past, request.Versions, cancellationToken);
            SandboxQuery query = await catalog.PrepareAsync(sql, reads, process.LakeFolder, cancellationToken);
            Dictionary<string, long> tables = [];
            foreach (TableRead read in reads)
                tables[read.Shown] = read.Version;
            ReadOnlyMemory<byte> columns = await process.RunAsync(query, cancellationToken);
            SandboxRows rows = await process.FetchAsync(limits.Limit, cancellationToken);
            return (new OpenResult(limits.Sql, process, columns, tables, limits.Limit, limits.Timeout), rows);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private static async Task<T> InTimeAsync<T>(TimeSpan limit, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timed.CancelAfter(limit);
        try
        {
            return await work(timed.Token);
        }
        catch (OperationCanceledException) when (timed.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SandboxTimeoutException(limit);
        }
    }
}

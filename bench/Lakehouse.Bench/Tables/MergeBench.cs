using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.Bench.Tables;

/// <summary>An upsert of 1 % of a table's rows. Both sides take the same rounds of changes, one after the
/// other, each on its own outcome of the round before: ours gathers deletion vectors and small files, as a table in use does.</summary>
/// <param name="clustered">Whether a round's keys lie beside each other, as in a table that grows by time; they are spread over all files otherwise.</param>
internal sealed class MergeBench(bool clustered) : IBench
{
    private static readonly TableName Table = TableName.Parse("bench.lineitem");

    public string Name => clustered ? "merge-clustered" : "merge";

    public string Summary => $"an upsert of 1 % of 6M rows, {(clustered ? "of neighbouring" : "of any")} keys, beside a copy-on-write rewrite by DuckDB";

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        await using Lake lake = Lake.Open(context.PathOf("lake"));
        await using LakeSession session = lake.OpenSession();
        int rows = context.Size(6_000_000, 300_000);
        int pairs = context.Size(5, 2);
        await context.Progress.WriteLineAsync($"writing {rows} rows and {pairs + 1} rounds of changes");
        CommitResult written = await lake.Table(Table).AppendAsync(session.Connection, Lineitem.Rows(rows), cancellationToken: context.Cancellation);
        for (int round = 0; round <= pairs; round++)
            await session.Connection.ExecuteAsync($"COPY ({(clustered ? Lineitem.ClusteredChanges(rows, round) : Lineitem.Changes(rows, round))}) TO {DataFiles.Literal(Changes(context, round))} (FORMAT parquet)", context.Cancellation);

        using var copyOnWrite = new CopyOnWrite(context.PathOf("rewritten"), DataFiles.Scan(lake, Table, written.Snapshot));
        int theirRound = 0, ourRound = 0;
        Interleaved measured = await Interleaved.MeasureAsync(
            () => Interleaved.TimeAsync(() => copyOnWrite.UpsertAsync(DataFiles.Scan([Changes(context, theirRound++)]), context.Cancellation)),
            () => Interleaved.TimeAsync(() => lake.Table(Table).MergeAsync(
                session.Connection, $"SELECT * FROM {DataFiles.Scan([Changes(context, ourRound++)])}", new MergeOptions { Keys = Lineitem.Keys }, context.Cancellation)),
            pairs);
        Answers.MustBeEqual(
            Name,
            await copyOnWrite.FingerprintAsync(context.Cancellation),
            Answers.Read(await session.QueryAsync(string.Format(CultureInfo.InvariantCulture, Lineitem.Fingerprint, Table), context.Cancellation)));
        return [Figure.AtMost(
            Name, measured.Ratio, clustered ? 0.15 : 0.35, "x", string.Create(CultureInfo.InvariantCulture, $"copy-on-write by DuckDB, {measured.YardstickSeconds:0.00} s"), measured.PeakMb)];
    }

    private static string Changes(BenchContext context, int round) => context.PathOf(string.Create(CultureInfo.InvariantCulture, $"changes-{round}.parquet"));

    /// <summary>The yardstick: the rows that stay and the rows that came, written anew. It neither syncs nor commits, so it is a little
    /// better off than a table format would be.</summary>
    private sealed class CopyOnWrite : IDisposable
    {
        private readonly DuckDbDatabase _database = DuckDbDatabase.Open();
        private readonly DuckDbConnection _connection;
        private readonly string _folder;
        private string _files;
        private int _generation;

        public CopyOnWrite(string folder, string files)
        {
            _connection = _database.Connect();
            _folder = folder;
            _files = files;
            Directory.CreateDirectory(folder);
        }

        public async Task UpsertAsync(string changes, CancellationToken cancellationToken)
        {
            string keys = string.Join(", ", Lineitem.Keys);
            string next = Path.Combine(_folder, (++_generation).ToString(CultureInfo.InvariantCulture));
            await _connection.ExecuteAsync(
                $"COPY (SELECT * FROM {_files} AS kept ANTI JOIN {changes} AS changed USING ({keys}) UNION ALL SELECT * FROM {changes}) TO {DataFiles.Literal(next)} (FORMAT parquet, COMPRESSION snappy, FILE_SIZE_BYTES '128MB')",
                cancellationToken);
            string previous = Path.Combine(_folder, (_generation - 1).ToString(CultureInfo.InvariantCulture));
            if (Directory.Exists(previous)) Directory.Delete(previous, recursive: true);
            _files = DataFiles.Scan(Directory.EnumerateFiles(next));
        }

        public async Task<string> FingerprintAsync(CancellationToken cancellationToken) =>
            Answers.Read(await _connection.QueryAsync(string.Format(CultureInfo.InvariantCulture, Lineitem.Fingerprint, _files), cancellationToken));

        public void Dispose()
        {
            _connection.Dispose();
            _database.Dispose();
        }
    }
}

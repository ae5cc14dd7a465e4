using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Write;

namespace Lakehouse.Engine.Sql.Commands;

/// <summary>
/// <c>COPY INTO table FROM 'folder'</c>: adds the rows of files that the table has not taken in yet, in one commit or none. Which
/// files those are is kept in that commit, as transaction identifiers, so that no file is taken in twice, whoever else copies
/// at the same time and wherever this is stopped.
/// </summary>
internal sealed class CopyIntoCommand(TableReference table, CopyIntoCommand.Files files, CopyIntoCommand.Options options) : LakeCommand(table)
{
    public const string Usage =
        "COPY INTO table FROM 'folder or file' | (SELECT … FROM 'folder or file') FILEFORMAT = CSV | JSON | PARQUET [FILES = ('name', …) | PATTERN = 'glob'] "
        + "[FORMAT_OPTIONS ('header' = 'true', …)] [COPY_OPTIONS ('mergeSchema' = 'true', 'force' = 'true')]";

    /// <summary>What files say of themselves in a table's log: this and their path.</summary>
    private const string Mark = "copy-into:";

    private const string All = "*";

    /// <summary>Where files are, and how they are read.</summary>
    internal sealed record Files(string Place, IReadOnlyList<string> Names, string? Pattern, FileFormat Format);

    /// <summary>What is done with the rows.</summary>
    internal sealed record Options(string Select, bool MergeSchema, bool Force);

    public static CopyIntoCommand Read(SqlCursor sql, TableReference table)
    {
        sql.Expect("from");
        string select = All;
        bool bracketed = sql.Accept('(');
        if (bracketed)
        {
            sql.Expect("select");
            select = sql.TextUntil(false, "from");
            sql.Expect("from");
        }
        string place = sql.Text();
        if (bracketed) sql.Expect(')');
        Files files = new(place, [], null, new FileFormat());
        Options options = new(select, false, false);
        while (!sql.AtEnd)
        {
            if (sql.Accept("fileformat"))
            {
                sql.Expect('=');
                files = files with { Format = files.Format with { Kind = sql.Value().ToLowerInvariant() } };
            }
            else if (sql.Accept("files"))
            {
                sql.Expect('=');
                files = files with { Names = Texts(sql) };
            }
            else if (sql.Accept("pattern"))
            {
                sql.Expect('=');
                files = files with { Pattern = sql.Text() };
            }
            else if (sql.Accept("format_options")) files = files with { Format = files.Format with { Options = sql.Pairs() } };
            else if (sql.Accept("copy_options")) options = Copy(sql, options);
            else throw sql.Wrong("this is not understood");
        }
        if (FileFormat.Problem(files.Format) is { } problem) throw sql.Wrong(problem);
        return new CopyIntoCommand(table, files, options);
    }

    public override async Task<CommandRows> RunAsync(LakeSession session, CancellationToken cancellationToken)
    {
        LakeTable target = Table.In(session.Lake);
        IReadOnlyList<string> found = SourceFiles.Find(files.Place, files.Names, files.Pattern);
        for (int attempt = 1; ; attempt++)
        {
            Snapshot? snapshot = await target.TrySnapshotAsync(cancellationToken).ConfigureAwait(false);
            List<string> wanted = [.. found.Where(file => options.Force || snapshot?.TransactionVersion(Mark + file) is null)];
            if (wanted.Count == 0) return Rows(snapshot?.Version, 0, 0, found.Count);
            WriteOptions write = new()
            {
                Operation = "COPY INTO",
                MergeSchema = options.MergeSchema,
                Marks = [.. wanted.Select(file => Mark + file).Where(mark => snapshot?.TransactionVersion(mark) is null)],
            };
            string query = await QueryAsync(session, target, snapshot, wanted, cancellationToken).ConfigureAwait(false);
            try
            {
                CommitResult result = await target.AppendAsync(session.Connection, query, write, cancellationToken).ConfigureAwait(false);
                long rows = long.Parse(result.Snapshot.CommitInfo!.OperationMetrics["numOutputRows"]!, CultureInfo.InvariantCulture);
                return Rows(result.Version, rows, wanted.Count, found.Count - wanted.Count);
            }
            catch (DeltaException exception) when (exception is CommitConflictException or TableExistsException && attempt < session.Lake.Options.MaxAttempts)
            {
                // Another copy took in some of the files: those are left out now.
            }
            catch (DuckDbException exception) when (exception.ErrorType == DuckDbErrorType.Conversion && snapshot is not null && options.Select == All)
            {
                if (await MisfitAsync(session, target, snapshot, wanted, exception, cancellationToken).ConfigureAwait(false) is { } misfit) throw misfit;
                throw;
            }
        }
    }

    private static CommandRows Rows(long? version, long rows, int loaded, int skipped) =>
        new CommandRows(("version", "BIGINT"), ("numOutputRows", "BIGINT"), ("numLoadedFiles", "BIGINT"), ("numSkippedFiles", "BIGINT")).Add(version, rows, loaded, skipped);

    /// <summary>The files' rows; columns that the table has come in the table's types.</summary>
    private async Task<string> QueryAsync(LakeSession session, LakeTable target, Snapshot? snapshot, List<string> wanted, CancellationToken cancellationToken)
    {
        string rows = $"SELECT {options.Select} FROM {files.Format.ToSql(wanted, snapshot?.Schema)}";
        if (snapshot is null) return rows;
        IReadOnlyList<DuckDbColumn> columns = await ParquetStager.ColumnsAsync(session.Connection, rows, cancellationToken).ConfigureAwait(false);
        if (!options.MergeSchema && !columns.Any(column => snapshot.Schema.Find(column.Name) is not null))
        {
            throw new SchemaNotAcceptedException(
                $"COPY INTO {target}: none of the files' columns ({string.Join(", ", columns.Select(column => column.Name))}) is a column of the table ({string.Join(", ", snapshot.Schema.Fields.Select(field => field.Name))})."
                + (files.Format.Kind == "csv" ? " Where the files have no header, say so: FORMAT_OPTIONS ('header' = 'false')." : ""), target.ToString());
        }
        IEnumerable<string> cast = columns.Select(column => snapshot.Schema.Find(column.Name) is { } field
            ? $"CAST({SqlText.Name(column.Name)} AS {DeltaTypes.ToDuckDb(field.Type)}) AS {SqlText.Name(field.Name)}"
            : SqlText.Name(column.Name));
        return $"SELECT {string.Join(", ", cast)} FROM ({rows})";
    }

    /// <summary>The first value that does not fit its column, which the failed copy gave without its place; null when there is none.</summary>
    private async Task<EngineException?> MisfitAsync(LakeSession session, LakeTable target, Snapshot snapshot, List<string> wanted, DuckDbException cause, CancellationToken cancellationToken)
    {
        foreach (string file in wanted)
        {
            string rows = $"SELECT *, row_number() OVER () AS lake_row FROM {files.Format.ToSql([file], snapshot.Schema)}";
            foreach (DuckDbColumn column in await ParquetStager.ColumnsAsync(session.Connection, rows, cancellationToken).ConfigureAwait(false))
            {
                if (snapshot.Schema.Find(column.Name) is not { } field) continue;
                string name = SqlText.Name(column.Name);
                using DuckDbResult found = await session.Connection.QueryAllAsync(
                    $"SELECT {name}::VARCHAR, lake_row FROM ({rows}) WHERE {name} IS NOT NULL AND TRY_CAST({name} AS {DeltaTypes.ToDuckDb(field.Type)}) IS NULL LIMIT 1", cancellationToken).ConfigureAwait(false);
                if (!found.NextChunk(cancellationToken) || found.RowCount == 0) continue;
                return new EngineException(
                    $"COPY INTO {target}: row {found.Column(1).GetValue<long>(0)} of {file} has '{found.Column(0).GetString(0)}' for column '{field.Name}', which takes {field.Type}. Nothing was copied. Correct the file, or shape its rows by (SELECT … FROM '…').",
                    target.ToString(), path: file, cause: cause);
            }
        }
        return null;
    }

    private static IReadOnlyList<string> Texts(SqlCursor sql)
    {
        List<string> texts = [];
        sql.Expect('(');
        do texts.Add(sql.Text());
        while (sql.Accept(','));
        sql.Expect(')');
        return texts;
    }

    private static Options Copy(SqlCursor sql, Options options)
    {
        foreach ((string key, string value) in sql.Pairs())
        {
            if (!bool.TryParse(value, out bool on)) throw sql.Wrong($"the copy option '{key}' is 'true' or 'false', not '{value}'");
            options = key.ToLowerInvariant() switch
            {
                "mergeschema" => options with { MergeSchema = on },
                "force" => options with { Force = on },
                _ => throw sql.Wrong($"the copy option '{key}' is not known; there are mergeSchema and force"),
            };
        }
        return options;
    }
}

using System.Diagnostics;
using System.Reflection;
using System.Runtime.Versioning;
using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;
using Lakehouse.Storage;
using Lakehouse.Testing.Writes;

namespace Lakehouse.Testing.Kills;

/// <summary>What a process that died left.</summary>
public enum KillOutcome
{
    /// <summary>The table as it was.</summary>
    Before,

    /// <summary>Some of a verb's several commits.</summary>
    Between,

    /// <summary>The verb done.</summary>
    After,

    /// <summary>The table of a verb that makes no version.</summary>
    Same,

    /// <summary>It did not die: the step was never come to.</summary>
    Survived,
}

/// <summary>A table was left as it must not be.</summary>
public sealed class KillSweepException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>What a verb does where nothing stops it.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Steps">Every step at which a process that does it can be killed.</param>
/// <param name="Before">The table before.</param>
/// <param name="After">The table after.</param>
public sealed record VerbSteps(WriteVerb Verb, IReadOnlyList<KillStep> Steps, TableText Before, TableText After);

/// <summary>A table in a text.</summary>
/// <param name="Version">Its version; -1 where there is no table.</param>
/// <param name="Text">Its schema and its rows, in one order.</param>
public sealed record TableText(long Version, string Text);

/// <summary>
/// Kills processes at steps of verbs, on a lake on this disk, and looks at what they leave: the table is as before or as after, the verb
/// can be done then, and a vacuum leaves nothing behind that no version names.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class KillSweep : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly VacuumOptions Everything = new() { Retention = TimeSpan.Zero, AllowShortRetention = true };

    private readonly string _folder;
    private readonly Assembly _program;
    private readonly Lake _lake;
    private readonly LakeSession _session;
    private readonly HashSet<TableBase> _bases = [];
    private Process? _next;
    private int _tables;

    /// <param name="folder">An empty folder.</param>
    /// <param name="program">The program that runs, whose first argument makes it a <see cref="KilledProcess"/>.</param>
    public KillSweep(string folder, Assembly program)
    {
        (_folder, _program) = (folder, program);
        _lake = Lake.Open(KilledProcess.LakeOf(folder), KilledProcess.OptionsOf(folder));
        _session = _lake.OpenSession();
    }

    /// <summary>Does a verb once where nothing stops it, and so finds its steps.</summary>
    public async Task<VerbSteps> PrepareAsync(WriteVerb verb)
    {
        foreach (TableBase one in new[] { TableBase.Plain, verb.Base })
            if (_bases.Add(one)) await one.CreateAsync(_lake.Table(one.Table), _session).ConfigureAwait(false);
        TableName name = NextTable();
        verb.Base.CopyTo(_lake.Folder, name);
        TableText before = await ReadAsync(_lake.Table(verb.Base.Table)).ConfigureAwait(false);
        Dictionary<string, long> old = Files(name);
        List<KillStep> steps = [];
        await using (Lake lake = Lake.Open(_lake.Folder, _lake.Options with { WrapStore = store => new FlakyObjectStore(store, Record) }))
        await using (LakeSession session = lake.OpenSession())
        {
            // A lake that knows nothing yet, as the process that is killed knows nothing: its calls are the same.
            await verb.CompleteAsync(lake.Table(name), session).ConfigureAwait(false);
        }

        IEnumerable<long> sizes = Files(name).Where(file => !old.ContainsKey(file.Key)).Select(file => file.Value / 2).Where(half => half > 0);
        steps.AddRange(sizes.Distinct().Order().Select(half => new KillStep(KillMoment.Growing, half)));
        VerbSteps result = new(verb, steps, before, await ReadAsync(_lake.Table(name)).ConfigureAwait(false));
        Delete(name);
        return result;

        Fault Record(StoreCall call)
        {
            lock (steps)
            {
                steps.Add(new KillStep(KillMoment.Before, call.Number));
                if (call.Bytes > 1) steps.Add(new KillStep(KillMoment.Within, call.Number));
                if (call.IsWrite) steps.Add(new KillStep(KillMoment.After, call.Number));
            }

            return Fault.None;
        }
    }

    /// <summary>Has a process do the verb and die at the step, and looks at what it left.</summary>
    /// <exception cref="KillSweepException">The table is neither as before nor as after, cannot be written or is not cleaned up.</exception>
    public async Task<KillOutcome> KillAsync(VerbSteps verb, KillStep step, CancellationToken cancellationToken)
    {
        TableName name = NextTable();
        verb.Verb.Base.CopyTo(_lake.Folder, name);
        if (!await DiesAsync(KilledProcess.Order(verb.Verb, name, step), cancellationToken).ConfigureAwait(false))
        {
            Delete(name);
            return KillOutcome.Survived;
        }

        string what = "was killed";
        try
        {
            LakeTable table = _lake.Table(name);
            TableText found = await ReadAsync(table).ConfigureAwait(false);
            if (found.Text != verb.Before.Text && found.Text != verb.After.Text) throw new KillSweepException($"it is neither as before nor as after: {found}, before {verb.Before}, after {verb.After}");
            what = "was killed and done again";
            await verb.Verb.CompleteAsync(table, _session).ConfigureAwait(false);
            TableText again = await ReadAsync(table).ConfigureAwait(false);
            if (again.Text != verb.After.Text) throw new KillSweepException($"it is {again}, not {verb.After}");
            what = "was killed, done again and vacuumed";
            await table.VacuumAsync(Everything, cancellationToken).ConfigureAwait(false);
            TableText clean = await ReadAsync(table).ConfigureAwait(false);
            if (clean != again) throw new KillSweepException($"it is {clean}, not {again}");
            await CheckFilesAsync(table, name).ConfigureAwait(false);
            await CheckIcebergAsync(table).ConfigureAwait(false);
            Delete(name);
            if (verb.Before.Version == verb.After.Version) return KillOutcome.Same;
            return found.Version >= verb.After.Version ? KillOutcome.After : found.Version == verb.Before.Version ? KillOutcome.Before : KillOutcome.Between;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new KillSweepException($"'{verb.Verb.Name}' {what} at step {step} (table {name}): {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_next is { } spare)
        {
            spare.Kill();
            await spare.WaitForExitAsync().ConfigureAwait(false);
            spare.Dispose();
        }

        await _session.DisposeAsync().ConfigureAwait(false);
        await _lake.DisposeAsync().ConfigureAwait(false);
    }

    private TableName NextTable() => new("t", $"k{++_tables}");

    private async Task<bool> DiesAsync(string order, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        Process process = _next ?? Start();
        _next = null;
        await process.StandardInput.WriteLineAsync(order.AsMemory(), deadline.Token).ConfigureAwait(false);
        await process.StandardInput.FlushAsync(deadline.Token).ConfigureAwait(false);
        // The next one starts while this one's table is looked at.
        if (await process.StandardOutput.ReadLineAsync(deadline.Token).ConfigureAwait(false) == KilledProcess.Survived)
        {
            _next = process;
            return false;
        }

        await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
        int code = process.ExitCode;
        string errors = await process.StandardError.ReadToEndAsync(deadline.Token).ConfigureAwait(false);
        process.Dispose();
        _next = Start();
        // 128 and the signal: SIGKILL, or SIGXFSZ of a file that grew too large.
        return code is 137 or 153 ? true : throw new KillSweepException($"'{order}' ended by itself, with code {code}: {errors}");
    }

    private Process Start()
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // Under the dotnet host the program is its first argument.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet") start.ArgumentList.Add(_program.Location);
        start.ArgumentList.Add(KilledProcess.Argument);
        start.ArgumentList.Add(_folder);
        return Process.Start(start)!;
    }

    private async Task<TableText> ReadAsync(LakeTable table)
    {
        if (await table.TrySnapshotAsync().ConfigureAwait(false) is not { } snapshot) return new TableText(-1, "no table");
        using DuckDbResult result = await _session.QueryAsync($"SELECT coalesce(string_agg(r, ' ' ORDER BY r), '') FROM (SELECT t::VARCHAR AS r FROM (SELECT * FROM {table}) t)").ConfigureAwait(false);
        result.NextChunk();
        return new TableText(snapshot.Version, $"({string.Join(", ", snapshot.Schema.Fields.Select(field => $"{field.Name} {field.Type}"))}) {result.Column(0).GetString(0)}");
    }

    private Dictionary<string, long> Files(TableName name)
    {
        string folder = Path.Combine(_lake.Folder, name.Path);
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(path => Path.GetRelativePath(folder, path), path => new FileInfo(path).Length)
            : [];
    }

    /// <summary>Every file is one of the newest version, of the log or of Iceberg's metadata, and none is a store's unfinished one.</summary>
    private async Task CheckFilesAsync(LakeTable table, TableName name)
    {
        Snapshot snapshot = await table.SnapshotAsync().ConfigureAwait(false);
        DeletionVectorStore vectors = new(table.Log.Store, table.Log.TablePath);
        string prefix = name.Path + "/";
        HashSet<string> named = [];
        foreach (AddFile file in snapshot.Files)
        {
            if (DataPath.Resolve(name.Path, file.Path).Key is { } key) named.Add(key[prefix.Length..]);
            if (file.DeletionVector is { StorageType: not DeletionVectorDescriptor.Inline } vector && vectors.Locate(vector).Key is { } vectorKey) named.Add(vectorKey[prefix.Length..]);
        }

        string[] left = [.. Files(name).Keys.Where(path =>
            path.Contains(ObjectKey.TemporaryPrefix, StringComparison.Ordinal)
            || (!named.Contains(path) && !path.StartsWith("_delta_log/", StringComparison.Ordinal) && !path.StartsWith("metadata/", StringComparison.Ordinal)))];
        if (left.Length > 0) throw new KillSweepException($"no version names {string.Join(", ", left)}");
    }

    private static async Task CheckIcebergAsync(LakeTable table)
    {
        Snapshot snapshot = await table.SnapshotAsync().ConfigureAwait(false);
        if (!snapshot.Metadata.AsksForIceberg()) return;
        // Clients may be behind until the next commit, or until somebody asks for it; never torn.
        if (await table.Log.TryReadIcebergAsync(snapshot).ConfigureAwait(false) is not { } left) throw new KillSweepException("Iceberg clients see nothing");
        IcebergState state = await table.WriteIcebergAsync().ConfigureAwait(false);
        if (state.Version != snapshot.Version) throw new KillSweepException($"Iceberg clients see version {left.Version} and then {state.Version}, not {snapshot.Version}");
    }

    private void Delete(TableName name)
    {
        string folder = Path.Combine(_lake.Folder, name.Path);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}

using System.Globalization;
using Lakehouse.Storage;
using Lakehouse.Testing;

namespace Lakehouse.Delta.Tests.Schedules;

/// <summary>What became of one try of an operation.</summary>
internal sealed record Try(Operation Operation, long ReadVersion, string TransactionId)
{
    /// <summary>The version that the writer was told; null when it was told of a failure, or of nothing.</summary>
    public long? Version { get; set; }

    /// <summary>Whether the writer was told that nothing was committed.</summary>
    public bool Refused { get; set; }

    /// <summary>Why.</summary>
    public Exception? Failure { get; set; }
}

/// <summary>
/// Two to four writers on one table, all they do and the order of every call to the store drawn from one seed, and what came of it
/// held against the operations done one after the other.
/// </summary>
internal sealed class Schedule
{
    private const string Table = "t";
    private const int Keys = 24;

    private readonly Random _random;
    private readonly DataFiles _data = new();
    private readonly List<Try> _tries = [];
    private readonly List<Snapshot> _seen = [];
    private readonly JsonCheckpointCodec _codec = new();
    private readonly Scheduler _scheduler;
    private readonly MemoryObjectStore _store;
    private readonly bool _serializable;
    private readonly bool _inlineVectors;

    public Schedule(int seed, bool traces = false)
    {
        _random = new Random(seed);
        _scheduler = new Scheduler(seed, _random.Next(4) == 0 ? Faults(_random.Next(1, 4)) : null, traces);
        _store = new MemoryObjectStore(_scheduler);
        _serializable = _random.Next(3) == 0;
        _inlineVectors = _random.Next(2) == 0;
    }

    /// <summary>What happened, where it was recorded.</summary>
    public IReadOnlyList<string> Trace => _scheduler.Trace;

    /// <summary>Commits that were made, those that followed another's change of a deletion vector, and tries that were refused.</summary>
    public (int Commits, int Merged, int Refused) Counts { get; private set; }

    /// <summary>Runs it and checks everything.</summary>
    /// <exception cref="InvalidOperationException">Something is not as it must be.</exception>
    public void Run()
    {
        DeltaLog log = Log(_store, 0);
        CreateAsync(log).GetAwaiter().GetResult();
        _scheduler.Run([.. Enumerable.Range(0, _random.Next(2, 5)).Select(writer =>
        {
            Random random = new(_random.Next());
            return (Func<Task>)(() => WriteAsync(writer, random));
        })]);
        CheckAsync().GetAwaiter().GetResult();
    }

    private static Func<Random, string, Fate> Faults(int percent) => (random, operation) =>
    {
        if (operation == "start" || random.Next(100) >= percent) return Fate.Done;

        // What the outcome of a write hangs on is worth most.
        Fate fate = (Fate)random.Next(1, 5);
        return operation.StartsWith("create", StringComparison.Ordinal) || random.Next(3) == 0 ? fate : Fate.Done;
    };

    private DeltaLog Log(IObjectStore store, int seed) => new(store, Table, _codec, new DeltaLogOptions
    {
        Time = _scheduler,
        Random = new Random(seed),
        AutomaticCheckpoints = false,
        MaxStoreAttempts = 3,
    });

    private async Task CreateAsync(DeltaLog log)
    {
        Dictionary<string, string> properties = new() { [TableProperties.EnableDeletionVectors] = "true" };
        if (_serializable) properties[TableProperties.IsolationLevel] = "Serializable";
        Metadata metadata = Metadata.Create(TestTable.Columns, null, properties, time: _scheduler);
        DeltaTransaction transaction = log.Create(metadata, Protocol.For(metadata).With([TableFeatures.DomainMetadata]));
        for (int file = 0; file < 3; file++)
            transaction.Add(_data.Write([.. Enumerable.Range(0, Keys / 3).Select(i => _data.NewRow((file * Keys / 3) + i, i))]));
        await transaction.CommitAsync(new CommitInfo { Operation = "CREATE TABLE" });
    }

    private async Task WriteAsync(int writer, Random random)
    {
        ScheduledObjectStore store = new(_store, _scheduler, writer);
        DeltaLog log = Log(store, random.Next());
        Snapshot? known = null;
        try
        {
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                int kind = random.Next(24);
                if (kind == 0)
                {
                    await log.CheckpointAsync(await log.LoadAsync());
                    continue;
                }

                if (kind == 1)
                {
                    known = known is null ? await log.LoadAsync() : await log.RefreshAsync(known);
                    _seen.Add(known);
                    continue;
                }

                known = await DoAsync(Draw(kind, random), log, store, known, random);
            }
        }
        catch (StorageException)
        {
            // A read failed: the writer gives up.
        }
    }

    private static Operation Draw(int kind, Random random)
    {
        KeyRange range = Range(random);
        return kind switch
        {
            2 or 3 or 4 or 5 => new BlindAppend(NewRows(random)),
            6 or 7 => new AppendSum(random.Next(2) == 0 ? KeyRange.All : range, random.Next(Keys)),
            8 or 9 or 10 => new Change(range, Deletes: true, ByVector: random.Next(5) > 0),
            11 or 12 or 13 => new Change(range, Deletes: false, ByVector: random.Next(5) > 0),
            14 or 15 or 16 => new Merge(NewRows(random).DistinctBy(row => row.Key).ToDictionary(row => row.Key, row => row.Value)),
            17 or 18 => new Compact(random.Next(3), random.Next(2, 5)),
            19 => new Overwrite(random.Next(3) == 0 ? [] : NewRows(random)),
            20 => new CountProperty(),
            21 => new CountDomain(),
            _ => new ApplicationAppend($"app {random.Next(2)}", random.Next(1, 3), NewRows(random)),
        };
    }

    private static KeyRange Range(Random random)
    {
        int from = random.Next(Keys);
        return new KeyRange(from, from + random.Next(6));
    }

    private static List<(int Key, long Value)> NewRows(Random random)
    {
        int from = random.Next(Keys + 8);
        return [.. Enumerable.Range(0, random.Next(1, 6)).Select(i => (from + (i * random.Next(1, 3)), (long)random.Next(100)))];
    }

    /// <summary>Does an operation as an engine does: again on the newer version when another came first, some times.</summary>
    private async Task<Snapshot?> DoAsync(Operation operation, DeltaLog log, IObjectStore store, Snapshot? known, Random random)
    {
        for (int attempt = random.Next(1, 4); ; attempt--)
        {
            Snapshot snapshot = known is null || random.Next(4) == 0 ? await log.LoadAsync() : await log.RefreshAsync(known);
            DeltaTransaction transaction = log.Begin(snapshot);
            Writing writing = new(_data, new DeletionVectorStore(store, Table), snapshot, transaction, _inlineVectors);
            Try made = new(operation, snapshot.Version, transaction.TransactionId);
            try
            {
                if (!await operation.PrepareAsync(writing)) return snapshot;
                _tries.Add(made);
                CommitResult result = await transaction.CommitAsync(new CommitInfo { Operation = operation.GetType().Name });
                made.Version = result.Version;
                return result.Snapshot;
            }
            catch (CommitOutcomeUnknownException exception)
            {
                made.Failure = exception;
                return null;
            }
            catch (Exception exception) when (exception is CommitConflictException or StorageException)
            {
                made.Failure = exception;
                made.Refused = true;
                foreach (string file in writing.VectorFiles) await store.DeleteAsync(file);
                if (exception is not CommitConflictException || attempt == 1) return snapshot;
                known = snapshot;
            }
        }
    }

    private async Task CheckAsync()
    {
        Dictionary<string, Try> byTransaction = _tries.ToDictionary(made => made.TransactionId, StringComparer.Ordinal);
        Dictionary<int, long> blindBorn = [];
        List<string> texts = [];
        List<HashSet<string>> held = [];
        HashSet<string> vectors = new(StringComparer.Ordinal);
        Snapshot? snapshot = null;
        IReadOnlyList<Row> rows = [];
        ModelState model = new([], new Dictionary<string, long>(), 0, 0);
        int merged = 0;
        for (long version = 0; ; version++)
        {
            Commit? commit = await Commit.TryReadAsync(_store, Table, version, CancellationToken.None);
            if (commit is null) break;
            Try? made = byTransaction.GetValueOrDefault(commit.Info!.TransactionId!);
            if (version > 0) Check(made is not null, $"version {version} is no try's");
            if (made is not null)
            {
                Check(!made.Refused, $"version {version} is a {made.Operation} that was told it failed: {made.Failure?.Message}");
                Check(made.Version is null || made.Version == version, $"version {version} is a {made.Operation} that was told it is version {made.Version}");
                Check(commit.Info.ReadVersion == made.ReadVersion, $"version {version} says it read version {commit.Info.ReadVersion}");
            }

            ObjectInfo? file = await _store.FindAsync(LogFiles.Commit(Table, version));
            snapshot = snapshot is null ? await Log(_store, 0).LoadAsync(0) : snapshot.Apply(commit, file);
            held.Add([.. snapshot.Files.Select(held => held.DeletionVector?.UniqueId).OfType<string>()]);
            IReadOnlyList<Row> next = await RowsAsync(snapshot);
            if (made is not null)
            {
                // Blind appends since the try's snapshot may as well have come after it, where the table does not forbid that.
                HashSet<int> later = [.. _serializable ? [] : rows.Where(row => blindBorn.TryGetValue(row.Id, out long born) && born > made.ReadVersion).Select(row => row.Id)];
                model = made.Operation.Apply(model with { Rows = [.. rows.Where(row => !later.Contains(row.Id))] });
                string expected = Text(model.Rows.Concat(rows.Where(row => later.Contains(row.Id))));
                Check(Text(next) == expected, $"version {version}, a {made.Operation} that read version {made.ReadVersion}, is\n  {Text(next)}\nand must be\n  {expected}\nafter\n  {Text(rows)}");
                if (commit.Actions.OfType<RemoveFile>().Any(removed => removed.DeletionVector is { } vector && !held[(int)made.ReadVersion].Contains(vector.UniqueId))) merged++;
            }

            if (commit.Info.IsBlindAppend == true)
            {
                HashSet<int> old = [.. rows.Select(row => row.Id)];
                foreach (Row row in next.Where(row => !old.Contains(row.Id))) blindBorn[row.Id] = version;
            }

            rows = next;
            texts.Add(Text(rows));
            vectors.UnionWith(commit.Actions.OfType<AddFile>().Select(VectorKey).OfType<string>());
            CheckState(snapshot, model, version);
        }

        CheckTold(texts);
        await CheckReadersAsync(snapshot!, texts);

        // Writers that died, and stores that failed, may leave files; those that were refused may not.
        if (!_scheduler.Faulted)
        {
            foreach (string key in _store.Keys.Where(key => !key.Contains("_delta_log", StringComparison.Ordinal)))
                Check(vectors.Contains(key), $"{key} belongs to no version, though nobody died");
        }

        Counts = (texts.Count - 1, merged, _tries.Count(made => made.Refused));
    }

    private void CheckTold(List<string> texts)
    {
        foreach (Try made in _tries)
        {
            Check(made.Version is null || made.Version < texts.Count, $"a {made.Operation} was told it is version {made.Version}, which is not there: the last is {texts.Count - 1}");
            if (made.Operation is BlindAppend && made.Failure is CommitConflictException conflict)
                Check(conflict.Conflict is CommitConflict.MetadataChanged, $"a blind append was refused: {conflict.Message}");
        }

        long[] told = [.. _tries.Select(made => made.Version).OfType<long>()];
        Check(told.Distinct().Count() == told.Length, "two writers were told the same version");
        long commits = _store.Keys.Count(key => key.EndsWith(".json", StringComparison.Ordinal));
        Check(commits == texts.Count, $"the versions have a gap: there are {commits} commits, and {texts.Count} in a row");
    }

    private async Task CheckReadersAsync(Snapshot last, List<string> texts)
    {
        foreach (Snapshot seen in _seen) Check(Text(await RowsAsync(seen)) == texts[(int)seen.Version], $"a reader saw version {seen.Version} otherwise than it is");
        Snapshot loaded = await Log(_store, 0).LoadAsync();
        Check(loaded.Version == last.Version && Text(await RowsAsync(loaded)) == texts[^1], "a new reader sees another table");
        Snapshot refreshed = await Log(_store, 0).RefreshAsync(await Log(_store, 0).LoadAsync(0));
        Check(refreshed.Version == last.Version && Text(await RowsAsync(refreshed)) == texts[^1], "a reader of version 0 comes to another table");
    }

    private static void CheckState(Snapshot snapshot, ModelState model, long version)
    {
        foreach ((string application, long known) in model.Applications)
            Check(snapshot.TransactionVersion(application) == known, $"version {version} has {application} at {snapshot.TransactionVersion(application)}, not {known}");
        Check((snapshot.Configuration.GetValueOrDefault(CountProperty.Name) ?? "0") == model.Property.ToString(CultureInfo.InvariantCulture), $"version {version} lost a change of a property");
        Check((snapshot.DomainMetadata.GetValueOrDefault(CountDomain.Name)?.Configuration ?? "0") == model.Domain.ToString(CultureInfo.InvariantCulture), $"version {version} lost a change of a domain");
    }

    private async Task<IReadOnlyList<Row>> RowsAsync(Snapshot snapshot)
    {
        Writing reading = new(_data, new DeletionVectorStore(_store, Table), snapshot, Log(_store, 0).Begin(snapshot), _inlineVectors);
        List<Row> rows = [];
        foreach (AddFile file in snapshot.Files) rows.AddRange((await reading.ReadAsync(file)).Select(found => found.Row));
        return rows;
    }

    private string? VectorKey(AddFile file) => file.DeletionVector is { StorageType: not DeletionVectorDescriptor.Inline } vector
        ? new DeletionVectorStore(_store, Table).Locate(vector).Key
        : null;

    private static string Text(IEnumerable<Row> rows) => string.Join(" ", rows.OrderBy(row => row.Key).ThenBy(row => row.Value));

    private static void Check(bool holds, string otherwise)
    {
        if (!holds) throw new InvalidOperationException(otherwise);
    }
}

namespace Lakehouse.Delta.Tests.Schedules;

/// <summary>What a table is to the sequential model.</summary>
internal sealed record ModelState(IReadOnlyList<Row> Rows, IReadOnlyDictionary<string, long> Applications, long Property, long Domain);

/// <summary>An operation on a table, told twice: what it means, and how a writer of Delta does it.</summary>
internal abstract record Operation
{
    /// <summary>What it makes of the table when nobody else is there. Ids of new rows do not count.</summary>
    public abstract ModelState Apply(ModelState state);

    /// <summary>Puts it into a transaction on a snapshot; false when there is nothing to do.</summary>
    public abstract Task<bool> PrepareAsync(Writing writing);

    protected static ModelState With(ModelState state, IEnumerable<Row> rows) => state with { Rows = [.. rows] };
}

/// <summary>An INSERT that reads nothing.</summary>
internal sealed record BlindAppend(IReadOnlyList<(int Key, long Value)> Rows) : Operation
{
    public override ModelState Apply(ModelState state) => With(state, state.Rows.Concat(Rows.Select(row => new Row(row.Key, row.Value, 0))));

    public override Task<bool> PrepareAsync(Writing writing)
    {
        writing.Add(Rows);
        return Task.FromResult(true);
    }
}

/// <summary>An append of an application that must arrive once, however often it is sent.</summary>
internal sealed record ApplicationAppend(string Application, long Version, IReadOnlyList<(int Key, long Value)> Rows) : Operation
{
    public override ModelState Apply(ModelState state) => state.Applications.TryGetValue(Application, out long known) && known >= Version
        ? state
        : With(state, state.Rows.Concat(Rows.Select(row => new Row(row.Key, row.Value, 0)))) with
        {
            Applications = new Dictionary<string, long>(state.Applications) { [Application] = Version },
        };

    public override Task<bool> PrepareAsync(Writing writing)
    {
        if (writing.Snapshot.TransactionVersion(Application) >= Version) return Task.FromResult(false);
        writing.Transaction.SetTransaction(Application, Version);
        writing.Add(Rows);
        return Task.FromResult(true);
    }
}

/// <summary>INSERT … SELECT sum(value) FROM the table itself: what comes hangs on all that was read.</summary>
internal sealed record AppendSum(KeyRange Range, int Key) : Operation
{
    public override ModelState Apply(ModelState state) => With(state, state.Rows.Append(new Row(Key, Sum(state.Rows), 0)));

    public override async Task<bool> PrepareAsync(Writing writing)
    {
        if (Range == KeyRange.All) writing.Transaction.ReadWholeTable();
        else writing.Transaction.ReadWhere(Range.MayBeIn);
        List<Row> rows = [];
        foreach (AddFile file in writing.Snapshot.Files.Where(Range.MayBeIn)) rows.AddRange((await writing.ReadAsync(file)).Select(found => found.Row));
        writing.Add([(Key, Sum(rows))]);
        return true;
    }

    private long Sum(IEnumerable<Row> rows) => rows.Where(row => Range.Contains(row.Key)).Aggregate(7L, (sum, row) => sum + row.Value);
}

/// <summary>DELETE or UPDATE of a range of keys: by deletion vectors, or by copying files.</summary>
internal sealed record Change(KeyRange Range, bool Deletes, bool ByVector) : Operation
{
    public override ModelState Apply(ModelState state) => With(state, state.Rows.SelectMany(row =>
        !Range.Contains(row.Key) ? [row] : Deletes ? Array.Empty<Row>() : [row with { Value = Next(row.Value) }]));

    public override async Task<bool> PrepareAsync(Writing writing)
    {
        List<Row> old = await writing.TakeOutAsync(Range, row => Range.Contains(row.Key), ByVector);
        if (!Deletes) writing.Add([.. old.Select(row => (row.Key, Next(row.Value)))]);
        return old.Count > 0;
    }

    // What two of them make of a row tells in which order they came, and that both did.
    private static long Next(long value) => unchecked((value * 3) + 1);
}

/// <summary>MERGE by key: values are added to rows that match, and other rows inserted.</summary>
internal sealed record Merge(IReadOnlyDictionary<int, long> Source) : Operation
{
    private KeyRange Range => new(Source.Keys.Min(), Source.Keys.Max());

    public override ModelState Apply(ModelState state)
    {
        HashSet<int> there = [.. state.Rows.Select(row => row.Key)];
        return With(state, state.Rows
            .Select(row => Source.TryGetValue(row.Key, out long value) ? row with { Value = Next(row.Value, value) } : row)
            .Concat(Source.Where(row => !there.Contains(row.Key)).Select(row => new Row(row.Key, row.Value, 0))));
    }

    public override async Task<bool> PrepareAsync(Writing writing)
    {
        List<Row> old = await writing.TakeOutAsync(Range, row => Source.ContainsKey(row.Key), byVector: true);
        HashSet<int> there = [.. old.Select(row => row.Key)];
        writing.Add([.. old.Select(row => (row.Key, Next(row.Value, Source[row.Key]))), .. Source.Where(row => !there.Contains(row.Key)).Select(row => (row.Key, row.Value))]);
        return true;
    }

    private static long Next(long value, long given) => unchecked((value * 2) + given);
}

/// <summary>OPTIMIZE: rows of some files go to one new file.</summary>
internal sealed record Compact(int Skip, int Take) : Operation
{
    public override ModelState Apply(ModelState state) => state;

    public override async Task<bool> PrepareAsync(Writing writing)
    {
        List<AddFile> files = [.. writing.Snapshot.Files.Skip(Skip).Take(Take)];
        if (files.Count < 2) return false;
        List<Row> rows = [];
        foreach (AddFile file in files)
        {
            rows.AddRange((await writing.ReadAsync(file)).Select(found => found.Row));
            writing.Transaction.Remove(file, dataChange: false);
        }

        writing.Move(rows, dataChange: false);
        return true;
    }
}

/// <summary>INSERT OVERWRITE; of no rows, a TRUNCATE.</summary>
internal sealed record Overwrite(IReadOnlyList<(int Key, long Value)> Rows) : Operation
{
    public override ModelState Apply(ModelState state) => With(state, Rows.Select(row => new Row(row.Key, row.Value, 0)));

    public override Task<bool> PrepareAsync(Writing writing)
    {
        writing.Transaction.ReadWholeTable();
        foreach (AddFile file in writing.Snapshot.Files) writing.Transaction.Remove(file);
        writing.Add(Rows);
        return Task.FromResult(true);
    }
}

/// <summary>ALTER TABLE: counts a property up.</summary>
internal sealed record CountProperty : Operation
{
    public const string Name = "count";

    public override ModelState Apply(ModelState state) => state with { Property = state.Property + 1 };

    public override Task<bool> PrepareAsync(Writing writing)
    {
        long count = long.Parse(writing.Snapshot.Configuration.GetValueOrDefault(Name) ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        writing.Transaction.SetMetadata(writing.Snapshot.Metadata.WithProperty(Name, $"{count + 1}"));
        return Task.FromResult(true);
    }
}

/// <summary>Counts a metadata domain up.</summary>
internal sealed record CountDomain : Operation
{
    public const string Name = "count";

    public override ModelState Apply(ModelState state) => state with { Domain = state.Domain + 1 };

    public override Task<bool> PrepareAsync(Writing writing)
    {
        long count = long.Parse(writing.Snapshot.DomainMetadata.GetValueOrDefault(Name)?.Configuration ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        writing.Transaction.SetDomain(Name, $"{count + 1}");
        return Task.FromResult(true);
    }
}

namespace Lakehouse.Delta.Tests.Schedules;

/// <summary>A transaction in the making, by a simulated engine: how it finds rows, takes them out and puts others in.</summary>
internal sealed class Writing(DataFiles data, DeletionVectorStore vectors, Snapshot snapshot, DeltaTransaction transaction, bool inlineVectors)
{
    private readonly List<DeletionVectorDescriptor> _written = [];

    public Snapshot Snapshot { get; } = snapshot;

    public DeltaTransaction Transaction { get; } = transaction;

    /// <summary>Files of deletion vectors that were written, and that no commit names unless this one takes place.</summary>
    public IReadOnlyList<string> VectorFiles => [.. _written.Where(vector => vector.StorageType != DeletionVectorDescriptor.Inline).Select(vector => vectors.Locate(vector).Key!).Distinct()];

    /// <summary>The rows of a file that are in the table, with their numbers.</summary>
    public async Task<List<(ulong Number, Row Row)>> ReadAsync(AddFile file)
    {
        RoaringBitmapArray? gone = file.DeletionVector is { } vector ? await vectors.ReadAsync(vector) : null;
        return [.. data[file.Path].Select((row, i) => ((ulong)i, row)).Where(found => gone?.Contains(found.Item1) != true)];
    }

    /// <summary>Puts new rows in, in one file or two.</summary>
    public void Add(IReadOnlyList<(int Key, long Value)> rows)
    {
        if (rows.Count == 0) return;
        int half = rows.Count > 3 ? rows.Count / 2 : rows.Count;
        foreach ((int, long)[] part in rows.Chunk(half)) Transaction.Add(data.Write([.. part.Select(row => data.NewRow(row.Item1, row.Item2))]));
    }

    /// <summary>Puts rows that are in the table already into a new file.</summary>
    public void Move(IReadOnlyList<Row> rows, bool dataChange)
    {
        if (rows.Count > 0) Transaction.Add(data.Write(rows, dataChange));
    }

    /// <summary>Takes out rows, each by what it is itself.</summary>
    /// <returns>They.</returns>
    public async Task<List<Row>> TakeOutAsync(KeyRange range, Func<Row, bool> chosen, bool byVector)
    {
        Transaction.MatchRows(range.MayBeIn);
        List<Row> taken = [];
        List<(AddFile File, RoaringBitmapArray Rows)> shrunk = [];
        foreach (AddFile file in Snapshot.Files.Where(range.MayBeIn))
        {
            List<(ulong Number, Row Row)> rows = await ReadAsync(file);
            List<(ulong Number, Row Row)> gone = [.. rows.Where(found => chosen(found.Row))];
            if (gone.Count == 0) continue;
            taken.AddRange(gone.Select(found => found.Row));
            if (gone.Count == rows.Count)
            {
                Transaction.Remove(file);
            }
            else if (byVector)
            {
                shrunk.Add((file, new RoaringBitmapArray([.. gone.Select(found => found.Number)])));
            }
            else
            {
                Transaction.Remove(file);
                Move([.. rows.Select(found => found.Row).Where(row => !chosen(row))], dataChange: true);
            }
        }

        await ShrinkAsync(shrunk);
        return taken;
    }

    private async Task ShrinkAsync(IReadOnlyList<(AddFile File, RoaringBitmapArray Rows)> files)
    {
        List<RoaringBitmapArray> all = [];
        foreach ((AddFile file, RoaringBitmapArray rows) in files)
        {
            RoaringBitmapArray gone = rows.Clone();
            if (file.DeletionVector is { } before) gone.UnionWith(await vectors.ReadAsync(before));
            all.Add(gone);
        }

        IReadOnlyList<DeletionVectorDescriptor> written = inlineVectors ? [.. all.Select(DeletionVectorStore.Inline)] : await vectors.WriteAsync(all);
        _written.AddRange(written);
        for (int i = 0; i < files.Count; i++)
        {
            AddFile file = files[i].File;
            Transaction.RemoveRows(file, file with { DeletionVector = written[i], Stats = data.Loosened(file.Path), DataChange = true }, files[i].Rows);
        }
    }
}

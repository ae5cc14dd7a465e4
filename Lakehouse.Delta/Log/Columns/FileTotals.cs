namespace Lakehouse.Delta;

/// <summary>What a snapshot's files amount to, without making an object for each.</summary>
/// <param name="Bytes">Bytes of all files.</param>
/// <param name="Vectors">Files with a deletion vector.</param>
/// <param name="DeletedRows">Rows that deletion vectors delete.</param>
internal readonly record struct FileTotals(long Bytes, long Vectors, long DeletedRows)
{
    public static FileTotals Of(LogMap<AddFile> files)
    {
        long bytes = files.Base.Bytes, vectors = files.Base.Vectors, deleted = files.Base.DeletedRows;
        foreach (int row in files.Overlaid() ?? []) Count(files.Base.Add(row), -1);
        foreach (AddFile added in files.Added) Count(added, 1);
        return new FileTotals(bytes, vectors, deleted);

        void Count(AddFile file, int sign)
        {
            bytes += sign * file.Size;
            if (file.DeletionVector is not { } vector) return;
            vectors += sign;
            deleted += sign * vector.Cardinality;
        }
    }
}

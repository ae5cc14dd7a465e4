using Lakehouse.Delta;
using Lakehouse.DuckDb;

namespace Lakehouse.Engine.Conversion;

/// <summary>The columns of many Parquet files together: a file may lack some, but what two have in common must be of one type, as nothing
/// is written anew.</summary>
internal sealed class MergedSchema(LakeTable table, IReadOnlyList<StructField> partitionBy)
{
    private readonly Dictionary<string, string> _firstFile = new(StringComparer.OrdinalIgnoreCase);
    private StructType _schema = new([]);

    /// <summary>The columns so far, and after them the partition columns.</summary>
    public StructType Schema => new([.. _schema.Fields, .. partitionBy]);

    /// <summary>Takes in a file's columns.</summary>
    /// <param name="file">The file.</param>
    /// <param name="columns">Its columns as DuckDB reads them.</param>
    /// <param name="instants">Columns that hold instants, though their type does not say so (INT96).</param>
    /// <exception cref="SchemaNotAcceptedException">A column has no Delta type, or another type than in an earlier file.</exception>
    public void Add(string file, IReadOnlyList<DuckDbColumn> columns, IReadOnlySet<string> instants)
    {
        // What the folder's name says counts, as with every reader of such folders.
        var fields = columns.Where(column => !partitionBy.Any(field => field.Name.Equals(column.Name, StringComparison.OrdinalIgnoreCase)))
            .Select(column => new StructField(column.Name, TypeOf(file, column, instants))).ToList();
        if (fields.Count == 0) throw Refused($"file '{file}' has no columns but partition columns.");
        foreach (var field in fields)
        {
            if (_schema.Find(field.Name) is { } known && !Fits(known.Type, field.Type))
                throw Refused($"column '{known.Name}' is of type {known.Type} in '{_firstFile[known.Name]}', and of type {field.Type} in '{file}'. Rewrite the one or the other, or append its rows to the table afterwards.");
            _firstFile.TryAdd(field.Name, file);
        }
        _schema = SchemaEvolution.Merge(table.ToString(), _schema, new StructType(fields), SchemaChanges.AddColumns);
    }

    private DeltaType TypeOf(string file, DuckDbColumn column, IReadOnlySet<string> instants)
    {
        if (instants.Contains(column.Name)) return PrimitiveType.Timestamp;
        try
        {
            var type = DeltaTypes.FromDuckDb(column.Type);
            // Where writing would have cast the value, the file holds something else than the table would say.
            if (DeltaTypes.ToDuckDb(type).ToString() == column.Type.ToString()) return type;
        }
        catch (UnsupportedTypeException)
        {
            // Said below.
        }
        throw Refused($"column '{column.Name}' of file '{file}' is of type {column.Type}, which no column of a Delta table has. Rewrite the files with a cast.");
    }

    private static bool Fits(DeltaType a, DeltaType b) => (a, b) switch
    {
        (StructType x, StructType y) => y.Fields.All(field => x.Find(field.Name) is not { } known || Fits(known.Type, field.Type)),
        (ArrayType x, ArrayType y) => Fits(x.ElementType, y.ElementType),
        (MapType x, MapType y) => Fits(x.KeyType, y.KeyType) && Fits(x.ValueType, y.ValueType),
        _ => a == b,
    };

    private SchemaNotAcceptedException Refused(string reason) => new($"{table} cannot be converted: {reason}", table.ToString());
}

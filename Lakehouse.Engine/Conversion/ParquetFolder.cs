using Lakehouse.Delta;
using Lakehouse.Storage;

namespace Lakehouse.Engine.Conversion;

/// <summary>A data file of a folder that is to become a table.</summary>
/// <param name="Path">Below the folder, as the log will name it.</param>
/// <param name="PartitionValues">By column.</param>
/// <param name="Object">Size and time.</param>
internal sealed record FoundFile(string Path, IReadOnlyDictionary<string, string?> PartitionValues, ObjectInfo Object);

/// <summary>Lists a folder's Parquet files, and reads partition values from the names of the folders they are in.</summary>
internal sealed class ParquetFolder(LakeTable table, IReadOnlyList<StructField> partitionBy)
{
    /// <summary>Enough to see what is meant.</summary>
    private const int Named = 3;

    /// <summary>The files, in ordinal order of their paths. Names that begin with _ or . are others' business.</summary>
    /// <exception cref="TableNotUsableException">There are none; or others too; or the folders are not those of the partition columns; or it is an Iceberg table.</exception>
    public async Task<IReadOnlyList<FoundFile>> FindAsync(CancellationToken cancellationToken)
    {
        var prefix = table.Log.TablePath.Length == 0 ? "" : table.Log.TablePath + "/";
        var files = new List<FoundFile>();
        var others = new List<string>();
        await foreach (var info in table.Store.ListAsync(prefix, null, cancellationToken).ConfigureAwait(false))
        {
            var relative = info.Key[prefix.Length..];
            var names = relative.Split('/');
            if (names.Any(IsHidden)) continue;
            if (IsIceberg(names)) throw Refused($"the folder is, or was, an Iceberg table ({relative}): which of its files hold rows, and which of these were deleted, stands there. Let an Iceberg engine write its rows into files of their own; or, where all rows of all its Parquet files are wanted, move the folder '{names[0]}' away.");
            if (!names[^1].EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) && !names[^1].EndsWith(".parq", StringComparison.OrdinalIgnoreCase)) others.Add(relative);
            else files.Add(new FoundFile(DataPath.Encode(relative), ValuesOf(relative, names[..^1]), info));
        }
        if (others.Count > 0)
            throw Refused($"the folder holds files that are not Parquet ({string.Join(", ", others.Take(Named))}{(others.Count > Named ? ", …" : "")}). Move them away, or give them names that begin with _.");
        return files.Count > 0 ? files : throw Refused("the folder holds no Parquet files (*.parquet).");
    }

    private static bool IsHidden(string name) => name.Length > 0 && (name[0] == '.' || (name[0] == '_' && !name.Contains('=', StringComparison.Ordinal)));

    /// <summary>Metadata of an Iceberg table, or position deletes that one of ours left: a row of theirs is none of the table's.</summary>
    private static bool IsIceberg(string[] names) =>
        names is ["metadata", var name]
        && (name.EndsWith(".metadata.json", StringComparison.Ordinal) || (name.StartsWith("deletes-", StringComparison.Ordinal) && name.EndsWith(".parquet", StringComparison.Ordinal)));

    private Dictionary<string, string?> ValuesOf(string path, string[] folders)
    {
        var found = folders.Select(folder => folder.Split('=', 2)).Where(parts => parts.Length == 2).Select(parts => (Name: Uri.UnescapeDataString(parts[0]), Value: Uri.UnescapeDataString(parts[1]))).ToList();
        if (found.Count != partitionBy.Count || !found.Zip(partitionBy).All(pair => pair.First.Name.Equals(pair.Second.Name, StringComparison.OrdinalIgnoreCase)))
        {
            var names = string.Join(", ", found.Select(pair => $"{pair.Name} {Guess(pair.Value)}"));
            var declared = partitionBy.Count == 0 ? "no partition columns were named" : $"the partition columns ({string.Join(", ", partitionBy.Select(field => field.Name))}) were named";
            throw Refused($"file '{path}' is in folders of {(found.Count == 0 ? "no partition columns" : $"the partition columns ({string.Join(", ", found.Select(pair => pair.Name))})")}, but {declared}."
                + (found.Count == 0 ? "" : $" Say that the folder is partitioned by, for instance: {names}."));
        }
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        for (var i = 0; i < found.Count; i++)
        {
            var text = found[i].Value == PartitionValue.NullFolder ? null : found[i].Value;
            try
            {
                values[partitionBy[i].Name] = PartitionValue.Serialize(PartitionValue.Parse(text, partitionBy[i].Type), partitionBy[i].Type);
            }
            catch (Exception exception) when (exception is FormatException or ArgumentException)
            {
                throw Refused($"file '{path}': '{text}' is no value of partition column '{partitionBy[i].Name}' of type {partitionBy[i].Type}. {exception.Message}");
            }
        }
        return values;
    }

    private static string Guess(string value) =>
        long.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out _) ? "BIGINT" : Sql.SqlConstant.ParseDate(value) is not null ? "DATE" : "STRING";

    private TableNotUsableException Refused(string reason) => new($"{table} cannot be converted: {reason}", table.ToString());
}

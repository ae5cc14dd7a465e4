using System.Collections.ObjectModel;
using System.Text.Json;

namespace Lakehouse.Delta;

/// <summary>
/// Actions from JSON, one per line, straight from the UTF-8 bytes. Unknown actions and fields are skipped, as the protocol
/// demands (PROTOCOL.md, "Protocol Evolution"). Faults are <see cref="JsonException"/>s and <see cref="FormatException"/>s,
/// which the caller completes with file and line.
/// </summary>
internal static class ActionReader
{
    // Times that a year of four digits and the milliseconds of a long history still fit beside.
    private const long LeastTime = -62_135_596_800_000, GreatestTime = 221_845_392_000_000;

    /// <summary>The action of a line, or null when it is of a kind that this implementation does not know.</summary>
    public static DeltaAction? Read(ReadOnlySpan<byte> line)
    {
        try
        {
            return ReadLine(line);
        }
        catch (InvalidOperationException exception)
        {
            // JSON may hold half of a pair of surrogates; .NET says so only when the text is asked for.
            throw new FormatException($"a text is no Unicode: {exception.Message}", exception);
        }
    }

    private static DeltaAction? ReadLine(ReadOnlySpan<byte> line)
    {
        Utf8JsonReader reader = new(line, new JsonReaderOptions { MaxDepth = 256 });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new FormatException("the line is no JSON object");
        DeltaAction? action = null;
        while (NextProperty(ref reader))
        {
            string? kind = Kind(ref reader);
            reader.Read();
            if (kind is null || reader.TokenType == JsonTokenType.Null)
            {
                reader.Skip();
                continue;
            }

            if (reader.TokenType != JsonTokenType.StartObject) throw new FormatException($"'{kind}' is no JSON object");
            if (action is not null) throw new FormatException("the line holds two actions");
            action = ReadAction(ref reader, kind);
        }

        if (reader.Read()) throw new FormatException("something follows the action");
        return action;
    }

    private static string? Kind(ref Utf8JsonReader reader)
    {
        foreach (string kind in (ReadOnlySpan<string>)["add", "remove", "metaData", "protocol", "txn", "commitInfo", "cdc", "domainMetadata", "sidecar", "checkpointMetadata"])
        {
            if (reader.ValueTextEquals(kind)) return kind;
        }

        return null;
    }

    private static DeltaAction ReadAction(ref Utf8JsonReader reader, string kind) => kind switch
    {
        "add" => ReadAdd(ref reader),
        "remove" => ReadRemove(ref reader),
        "metaData" => ReadMetadata(ref reader),
        "protocol" => ReadProtocol(ref reader),
        "txn" => ReadTransaction(ref reader),
        "commitInfo" => ReadCommitInfo(ref reader),
        "cdc" => ReadCdc(ref reader),
        "domainMetadata" => ReadDomain(ref reader),
        "sidecar" => ReadSidecar(ref reader),
        "checkpointMetadata" => ReadCheckpointMetadata(ref reader),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static AddFile ReadAdd(ref Utf8JsonReader reader)
    {
        FileFields fields = ReadFileFields(ref reader);
        return new AddFile
        {
            Path = fields.Path ?? throw Missing("add", "path"),
            PartitionValues = fields.PartitionValues ?? ReadOnlyDictionary<string, string?>.Empty,
            Size = fields.Size ?? throw Missing("add", "size"),
            ModificationTime = fields.ModificationTime ?? 0,
            DataChange = fields.DataChange ?? true,
            Stats = fields.Stats,
            Tags = fields.Tags,
            DeletionVector = fields.DeletionVector,
            BaseRowId = fields.BaseRowId,
            DefaultRowCommitVersion = fields.DefaultRowCommitVersion,
            ClusteringProvider = fields.ClusteringProvider,
        };
    }

    private static RemoveFile ReadRemove(ref Utf8JsonReader reader)
    {
        FileFields fields = ReadFileFields(ref reader);
        return new RemoveFile
        {
            Path = fields.Path ?? throw Missing("remove", "path"),
            DeletionTimestamp = fields.DeletionTimestamp,
            DataChange = fields.DataChange ?? true,
            ExtendedFileMetadata = fields.ExtendedFileMetadata ?? false,
            PartitionValues = fields.PartitionValues,
            Size = fields.Size,
            Stats = fields.Stats,
            Tags = fields.Tags,
            DeletionVector = fields.DeletionVector,
            BaseRowId = fields.BaseRowId,
            DefaultRowCommitVersion = fields.DefaultRowCommitVersion,
        };
    }

    private static AddCdcFile ReadCdc(ref Utf8JsonReader reader)
    {
        FileFields fields = ReadFileFields(ref reader);
        return new AddCdcFile
        {
            Path = fields.Path ?? throw Missing("cdc", "path"),
            PartitionValues = fields.PartitionValues ?? ReadOnlyDictionary<string, string?>.Empty,
            Size = fields.Size ?? throw Missing("cdc", "size"),
            Tags = fields.Tags,
        };
    }

    /// <summary>The fields of add, remove and cdc, which overlap.</summary>
    private struct FileFields
    {
        public string? Path;
        public IReadOnlyDictionary<string, string?>? PartitionValues;
        public long? Size;
        public long? ModificationTime;
        public long? DeletionTimestamp;
        public bool? DataChange;
        public bool? ExtendedFileMetadata;
        public string? Stats;
        public IReadOnlyDictionary<string, string?>? Tags;
        public DeletionVectorDescriptor? DeletionVector;
        public long? BaseRowId;
        public long? DefaultRowCommitVersion;
        public string? ClusteringProvider;
    }

    private static FileFields ReadFileFields(ref Utf8JsonReader reader)
    {
        FileFields fields = default;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("path"u8)) fields.Path = ReadString(ref reader, "path");
            else if (reader.ValueTextEquals("partitionValues"u8)) fields.PartitionValues = ReadMap(ref reader, "partitionValues");
            else if (reader.ValueTextEquals("size"u8)) fields.Size = ReadLong(ref reader, "size");
            else if (reader.ValueTextEquals("modificationTime"u8)) fields.ModificationTime = ReadLong(ref reader, "modificationTime");
            else if (reader.ValueTextEquals("dataChange"u8)) fields.DataChange = ReadBoolean(ref reader, "dataChange");
            else if (reader.ValueTextEquals("stats"u8)) fields.Stats = ReadString(ref reader, "stats");
            else if (reader.ValueTextEquals("tags"u8)) fields.Tags = ReadMap(ref reader, "tags");
            else if (reader.ValueTextEquals("deletionVector"u8)) fields.DeletionVector = ReadDeletionVector(ref reader);
            else if (reader.ValueTextEquals("deletionTimestamp"u8)) fields.DeletionTimestamp = ReadLong(ref reader, "deletionTimestamp");
            else if (reader.ValueTextEquals("extendedFileMetadata"u8)) fields.ExtendedFileMetadata = ReadBoolean(ref reader, "extendedFileMetadata");
            else if (reader.ValueTextEquals("baseRowId"u8)) fields.BaseRowId = ReadLong(ref reader, "baseRowId");
            else if (reader.ValueTextEquals("defaultRowCommitVersion"u8)) fields.DefaultRowCommitVersion = ReadLong(ref reader, "defaultRowCommitVersion");
            else if (reader.ValueTextEquals("clusteringProvider"u8)) fields.ClusteringProvider = ReadString(ref reader, "clusteringProvider");
            else SkipValue(ref reader);
        }

        return fields;
    }

    private static DeletionVectorDescriptor? ReadDeletionVector(ref Utf8JsonReader reader)
    {
        if (!BeginObject(ref reader, "deletionVector")) return null;
        string? storageType = null, pathOrInline = null;
        long? offset = null, size = null, cardinality = null;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("storageType"u8)) storageType = ReadString(ref reader, "storageType");
            else if (reader.ValueTextEquals("pathOrInlineDv"u8)) pathOrInline = ReadString(ref reader, "pathOrInlineDv");
            else if (reader.ValueTextEquals("offset"u8)) offset = ReadLong(ref reader, "offset");
            else if (reader.ValueTextEquals("sizeInBytes"u8)) size = ReadLong(ref reader, "sizeInBytes");
            else if (reader.ValueTextEquals("cardinality"u8)) cardinality = ReadLong(ref reader, "cardinality");
            else SkipValue(ref reader);
        }

        if (storageType is not ("u" or "i" or "p")) throw new FormatException($"the deletion vector's storageType is '{storageType}', which is none of u, i, p");
        return new DeletionVectorDescriptor
        {
            StorageType = storageType[0],
            PathOrInlineDv = pathOrInline ?? throw Missing("deletionVector", "pathOrInlineDv"),
            Offset = offset is null ? null : ToInt(offset.Value, "offset"),
            SizeInBytes = ToInt(size ?? throw Missing("deletionVector", "sizeInBytes"), "sizeInBytes"),
            Cardinality = cardinality ?? throw Missing("deletionVector", "cardinality"),
        };
    }

    private static Metadata ReadMetadata(ref Utf8JsonReader reader)
    {
        string? id = null, name = null, description = null, schema = null, provider = null;
        IReadOnlyDictionary<string, string?>? options = null, configuration = null;
        IReadOnlyList<string> partitionColumns = [];
        long? created = null;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("id"u8)) id = ReadString(ref reader, "id");
            else if (reader.ValueTextEquals("name"u8)) name = ReadString(ref reader, "name");
            else if (reader.ValueTextEquals("description"u8)) description = ReadString(ref reader, "description");
            else if (reader.ValueTextEquals("schemaString"u8)) schema = ReadString(ref reader, "schemaString");
            else if (reader.ValueTextEquals("partitionColumns"u8)) partitionColumns = ReadList(ref reader, "partitionColumns");
            else if (reader.ValueTextEquals("configuration"u8)) configuration = ReadMap(ref reader, "configuration");
            else if (reader.ValueTextEquals("createdTime"u8)) created = ReadLong(ref reader, "createdTime");
            else if (reader.ValueTextEquals("format"u8))
            {
                if (!BeginObject(ref reader, "format")) continue;
                while (NextProperty(ref reader))
                {
                    if (reader.ValueTextEquals("provider"u8)) provider = ReadString(ref reader, "provider");
                    else if (reader.ValueTextEquals("options"u8)) options = ReadMap(ref reader, "options");
                    else SkipValue(ref reader);
                }
            }
            else
            {
                SkipValue(ref reader);
            }
        }

        return new Metadata
        {
            Id = id ?? throw Missing("metaData", "id"),
            Name = name,
            Description = description,
            FormatProvider = provider ?? "parquet",
            FormatOptions = options ?? ReadOnlyDictionary<string, string?>.Empty,
            SchemaString = schema ?? throw Missing("metaData", "schemaString"),
            PartitionColumns = partitionColumns,
            Configuration = configuration is null
                ? ReadOnlyDictionary<string, string>.Empty
                : configuration.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => pair.Value!, StringComparer.Ordinal),
            CreatedTime = created is >= LeastTime and <= GreatestTime ? created : null,
        };
    }

    private static Protocol ReadProtocol(ref Utf8JsonReader reader)
    {
        long? minReader = null, minWriter = null;
        IReadOnlyList<string> readerFeatures = [], writerFeatures = [];
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("minReaderVersion"u8)) minReader = ReadLong(ref reader, "minReaderVersion");
            else if (reader.ValueTextEquals("minWriterVersion"u8)) minWriter = ReadLong(ref reader, "minWriterVersion");
            else if (reader.ValueTextEquals("readerFeatures"u8)) readerFeatures = ReadList(ref reader, "readerFeatures");
            else if (reader.ValueTextEquals("writerFeatures"u8)) writerFeatures = ReadList(ref reader, "writerFeatures");
            else SkipValue(ref reader);
        }

        return new Protocol
        {
            MinReaderVersion = ToInt(minReader ?? throw Missing("protocol", "minReaderVersion"), "minReaderVersion"),
            MinWriterVersion = ToInt(minWriter ?? throw Missing("protocol", "minWriterVersion"), "minWriterVersion"),
            ReaderFeatures = readerFeatures,
            WriterFeatures = writerFeatures,
        };
    }

    private static SetTransaction ReadTransaction(ref Utf8JsonReader reader)
    {
        string? application = null;
        long? version = null, lastUpdated = null;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("appId"u8)) application = ReadString(ref reader, "appId");
            else if (reader.ValueTextEquals("version"u8)) version = ReadLong(ref reader, "version");
            else if (reader.ValueTextEquals("lastUpdated"u8)) lastUpdated = ReadLong(ref reader, "lastUpdated");
            else SkipValue(ref reader);
        }

        return new SetTransaction(application ?? throw Missing("txn", "appId"), version ?? throw Missing("txn", "version"), lastUpdated);
    }

    private static DomainMetadata ReadDomain(ref Utf8JsonReader reader)
    {
        string? domain = null, configuration = null;
        bool? removed = null;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("domain"u8)) domain = ReadString(ref reader, "domain");
            else if (reader.ValueTextEquals("configuration"u8)) configuration = ReadString(ref reader, "configuration");
            else if (reader.ValueTextEquals("removed"u8)) removed = ReadBoolean(ref reader, "removed");
            else SkipValue(ref reader);
        }

        return new DomainMetadata(domain ?? throw Missing("domainMetadata", "domain"), configuration ?? "", removed ?? false);
    }

    private static SidecarFile ReadSidecar(ref Utf8JsonReader reader)
    {
        FileFields fields = default;
        long? size = null;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("path"u8)) fields.Path = ReadString(ref reader, "path");
            else if (reader.ValueTextEquals("sizeInBytes"u8)) size = ReadLong(ref reader, "sizeInBytes");
            else if (reader.ValueTextEquals("modificationTime"u8)) fields.ModificationTime = ReadLong(ref reader, "modificationTime");
            else SkipValue(ref reader);
        }

        return new SidecarFile(fields.Path ?? throw Missing("sidecar", "path"), size ?? 0, fields.ModificationTime ?? 0);
    }

    private static CheckpointMetadata ReadCheckpointMetadata(ref Utf8JsonReader reader)
    {
        long? version = null;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("version"u8)) version = ReadLong(ref reader, "version");
            else SkipValue(ref reader);
        }

        return new CheckpointMetadata(version ?? throw Missing("checkpointMetadata", "version"));
    }

    private static CommitInfo ReadCommitInfo(ref Utf8JsonReader reader)
    {
        // commitInfo is free-form JSON, so nothing in it may fail the table: a field of another shape goes to Other.
        Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
        while (NextProperty(ref reader))
        {
            string name = reader.GetString()!;
            reader.Read();
            fields[name] = JsonElement.ParseValue(ref reader);
        }

        return new CommitInfo
        {
            Operation = TakeString("operation"),
            OperationParameters = TakeMap("operationParameters"),
            OperationMetrics = TakeMap("operationMetrics"),
            UserMetadata = TakeString("userMetadata"),
            EngineInfo = TakeString("engineInfo"),
            Tags = TakeMap("tags"),
            IsBlindAppend = TakeBoolean("isBlindAppend"),
            Timestamp = TakeTime("timestamp"),
            InCommitTimestamp = TakeTime("inCommitTimestamp"),
            ReadVersion = TakeLong("readVersion"),
            IsolationLevel = TakeString("isolationLevel"),
            TransactionId = TakeString("txnId"),
            Other = fields.Count == 0 ? ReadOnlyDictionary<string, JsonElement>.Empty : fields,
        };

        bool Take(string name, JsonValueKind kind, out JsonElement value) =>
            fields.TryGetValue(name, out value) && value.ValueKind == kind && fields.Remove(name);

        string? TakeString(string name) => Take(name, JsonValueKind.String, out JsonElement value) ? value.GetString() : null;
        long? TakeLong(string name) => Take(name, JsonValueKind.Number, out JsonElement value) && value.TryGetInt64(out long number) ? number : null;
        long? TakeTime(string name) => TakeLong(name) is >= LeastTime and <= GreatestTime and { } time ? time : null;
        bool? TakeBoolean(string name) => Take(name, JsonValueKind.True, out _) ? true : Take(name, JsonValueKind.False, out _) ? false : null;

        IReadOnlyDictionary<string, string?> TakeMap(string name) =>
            Take(name, JsonValueKind.Object, out JsonElement value)
                ? value.EnumerateObject().DistinctBy(property => property.Name).ToDictionary(
                    property => property.Name,
                    property => property.Value.ValueKind == JsonValueKind.Null ? null : property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString() : property.Value.GetRawText(),
                    StringComparer.Ordinal)
                : ReadOnlyDictionary<string, string?>.Empty;
    }

    private static bool NextProperty(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    private static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    private static bool BeginObject(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return false;
        return reader.TokenType == JsonTokenType.StartObject ? true : throw new FormatException($"'{field}' is no JSON object");
    }

    private static string? ReadString(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Null => null,
            _ => throw new FormatException($"'{field}' is no text"),
        };
    }

    private static long? ReadLong(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return null;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long value) ? value : throw new FormatException($"'{field}' is no whole number");
    }

    private static bool? ReadBoolean(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.Null => null,
            _ => throw new FormatException($"'{field}' is neither true nor false"),
        };
    }

    private static List<string> ReadList(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return [];
        if (reader.TokenType != JsonTokenType.StartArray) throw new FormatException($"'{field}' is no list");
        List<string> result = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            result.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new FormatException($"'{field}' holds something that is no text"));
        return result;
    }

    private static IReadOnlyDictionary<string, string?>? ReadMap(ref Utf8JsonReader reader, string field)
    {
        if (!BeginObject(ref reader, field)) return null;
        Dictionary<string, string?>? result = null;
        while (NextProperty(ref reader))
        {
            string key = reader.GetString()!;
            (result ??= new Dictionary<string, string?>(StringComparer.Ordinal))[key] = ReadString(ref reader, field);
        }

        return result ?? (IReadOnlyDictionary<string, string?>)ReadOnlyDictionary<string, string?>.Empty;
    }

    private static int ToInt(long value, string field) =>
        value is >= 0 and <= int.MaxValue ? (int)value : throw new FormatException($"'{field}' is {value}, which is out of range");

    private static FormatException Missing(string action, string field) => new($"'{action}' lacks the required field '{field}'");
}

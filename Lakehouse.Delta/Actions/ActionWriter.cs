using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lakehouse.Delta;

/// <summary>Actions as JSON, one per line.</summary>
internal sealed class ActionWriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _json;

    public ActionWriter() =>
        _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 256 });

    /// <summary>The lines written so far. Valid until the next write.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Clear() => _buffer.ResetWrittenCount();

    public void Dispose() => _json.Dispose();

    public void Write(DeltaAction action)
    {
        _json.Reset();
        _json.WriteStartObject();
        switch (action)
        {
            case AddFile add: WriteAdd(add); break;
            case RemoveFile remove: WriteRemove(remove); break;
            case Metadata metadata: WriteMetadata(metadata); break;
            case Protocol protocol: WriteProtocol(protocol); break;
            case SetTransaction transaction: WriteTransaction(transaction); break;
            case CommitInfo info: WriteCommitInfo(info); break;
            case AddCdcFile cdc: WriteCdc(cdc); break;
            case DomainMetadata domain: WriteDomain(domain); break;
            case SidecarFile sidecar: WriteSidecar(sidecar); break;
            case CheckpointMetadata checkpoint: WriteCheckpointMetadata(checkpoint); break;
            default: throw new ArgumentException($"There is no JSON for a {action.GetType().Name}.", nameof(action));
        }

        _json.WriteEndObject();
        _json.Flush();
        _buffer.GetSpan(1)[0] = (byte)'\n';
        _buffer.Advance(1);
    }

    private void WriteAdd(AddFile add)
    {
        _json.WriteStartObject("add"u8);
        _json.WriteString("path"u8, add.Path);
        WriteMap("partitionValues", add.PartitionValues);
        _json.WriteNumber("size"u8, add.Size);
        _json.WriteNumber("modificationTime"u8, add.ModificationTime);
        _json.WriteBoolean("dataChange"u8, add.DataChange);
        WriteOptional("stats", add.Stats);
        WriteOptionalMap("tags", add.Tags);
        WriteDeletionVector(add.DeletionVector);
        WriteOptional("baseRowId", add.BaseRowId);
        WriteOptional("defaultRowCommitVersion", add.DefaultRowCommitVersion);
        WriteOptional("clusteringProvider", add.ClusteringProvider);
        _json.WriteEndObject();
    }

    private void WriteRemove(RemoveFile remove)
    {
        _json.WriteStartObject("remove"u8);
        _json.WriteString("path"u8, remove.Path);
        WriteOptional("deletionTimestamp", remove.DeletionTimestamp);
        _json.WriteBoolean("dataChange"u8, remove.DataChange);
        _json.WriteBoolean("extendedFileMetadata"u8, remove.ExtendedFileMetadata);
        WriteOptionalMap("partitionValues", remove.PartitionValues);
        WriteOptional("size", remove.Size);
        WriteOptional("stats", remove.Stats);
        WriteOptionalMap("tags", remove.Tags);
        WriteDeletionVector(remove.DeletionVector);
        WriteOptional("baseRowId", remove.BaseRowId);
        WriteOptional("defaultRowCommitVersion", remove.DefaultRowCommitVersion);
        _json.WriteEndObject();
    }

    private void WriteCdc(AddCdcFile cdc)
    {
        _json.WriteStartObject("cdc"u8);
        _json.WriteString("path"u8, cdc.Path);
        WriteMap("partitionValues", cdc.PartitionValues);
        _json.WriteNumber("size"u8, cdc.Size);
        _json.WriteBoolean("dataChange"u8, false);
        WriteOptionalMap("tags", cdc.Tags);
        _json.WriteEndObject();
    }

    private void WriteDeletionVector(DeletionVectorDescriptor? vector)
    {
        if (vector is null) return;
        _json.WriteStartObject("deletionVector"u8);
        _json.WriteString("storageType"u8, [vector.StorageType]);
        _json.WriteString("pathOrInlineDv"u8, vector.PathOrInlineDv);
        WriteOptional("offset", vector.Offset);
        _json.WriteNumber("sizeInBytes"u8, vector.SizeInBytes);
        _json.WriteNumber("cardinality"u8, vector.Cardinality);
        _json.WriteEndObject();
    }

    private void WriteMetadata(Metadata metadata)
    {
        _json.WriteStartObject("metaData"u8);
        _json.WriteString("id"u8, metadata.Id);
        WriteOptional("name", metadata.Name);
        WriteOptional("description", metadata.Description);
        _json.WriteStartObject("format"u8);
        _json.WriteString("provider"u8, metadata.FormatProvider);
        WriteMap("options", metadata.FormatOptions);
        _json.WriteEndObject();
        _json.WriteString("schemaString"u8, metadata.SchemaString);
        WriteList("partitionColumns", metadata.PartitionColumns);
        _json.WriteStartObject("configuration"u8);
        foreach ((string key, string value) in metadata.Configuration) _json.WriteString(key, value);
        _json.WriteEndObject();
        WriteOptional("createdTime", metadata.CreatedTime);
        _json.WriteEndObject();
    }

    private void WriteProtocol(Protocol protocol)
    {
        _json.WriteStartObject("protocol"u8);
        _json.WriteNumber("minReaderVersion"u8, protocol.MinReaderVersion);
        _json.WriteNumber("minWriterVersion"u8, protocol.MinWriterVersion);

        // The lists exist only at the versions that have them, and must exist there.
        if (protocol.MinReaderVersion >= Protocol.FeatureReader) WriteList("readerFeatures", protocol.ReaderFeatures);
        if (protocol.MinWriterVersion >= Protocol.FeatureWriter) WriteList("writerFeatures", protocol.WriterFeatures);
        _json.WriteEndObject();
    }

    private void WriteTransaction(SetTransaction transaction)
    {
        _json.WriteStartObject("txn"u8);
        _json.WriteString("appId"u8, transaction.ApplicationId);
        _json.WriteNumber("version"u8, transaction.Version);
        WriteOptional("lastUpdated", transaction.LastUpdated);
        _json.WriteEndObject();
    }

    private void WriteDomain(DomainMetadata domain)
    {
        _json.WriteStartObject("domainMetadata"u8);
        _json.WriteString("domain"u8, domain.Domain);
        _json.WriteString("configuration"u8, domain.Configuration);
        _json.WriteBoolean("removed"u8, domain.Removed);
        _json.WriteEndObject();
    }

    private void WriteSidecar(SidecarFile sidecar)
    {
        _json.WriteStartObject("sidecar"u8);
        _json.WriteString("path"u8, sidecar.Path);
        _json.WriteNumber("sizeInBytes"u8, sidecar.SizeInBytes);
        _json.WriteNumber("modificationTime"u8, sidecar.ModificationTime);
        _json.WriteEndObject();
    }

    private void WriteCheckpointMetadata(CheckpointMetadata checkpoint)
    {
        _json.WriteStartObject("checkpointMetadata"u8);
        _json.WriteNumber("version"u8, checkpoint.Version);
        _json.WriteEndObject();
    }

    private void WriteCommitInfo(CommitInfo info)
    {
        _json.WriteStartObject("commitInfo"u8);
        WriteOptional("inCommitTimestamp", info.InCommitTimestamp);
        WriteOptional("timestamp", info.Timestamp);
        WriteOptional("operation", info.Operation);
        WriteMap("operationParameters", info.OperationParameters);
        WriteOptional("readVersion", info.ReadVersion);
        WriteOptional("isolationLevel", info.IsolationLevel);
        if (info.IsBlindAppend is { } blind) _json.WriteBoolean("isBlindAppend"u8, blind);
        if (info.OperationMetrics.Count > 0) WriteMap("operationMetrics", info.OperationMetrics);
        if (info.Tags.Count > 0) WriteMap("tags", info.Tags);
        WriteOptional("userMetadata", info.UserMetadata);
        WriteOptional("engineInfo", info.EngineInfo);
        WriteOptional("txnId", info.TransactionId);
        foreach ((string key, JsonElement value) in info.Other)
        {
            _json.WritePropertyName(key);
            value.WriteTo(_json);
        }

        _json.WriteEndObject();
    }

    private void WriteOptional(string name, string? value)
    {
        if (value is not null) _json.WriteString(name, value);
    }

    private void WriteOptional(string name, long? value)
    {
        if (value is { } number) _json.WriteNumber(name, number);
    }

    private void WriteOptionalMap(string name, IReadOnlyDictionary<string, string?>? map)
    {
        if (map is not null) WriteMap(name, map);
    }

    private void WriteMap(string name, IReadOnlyDictionary<string, string?> map)
    {
        _json.WriteStartObject(name);
        foreach ((string key, string? value) in map) _json.WriteString(key, value);
        _json.WriteEndObject();
    }

    private void WriteList(string name, IReadOnlyList<string> list)
    {
        _json.WriteStartArray(name);
        foreach (string value in list) _json.WriteStringValue(value);
        _json.WriteEndArray();
    }
}

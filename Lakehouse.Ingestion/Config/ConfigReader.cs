using Lakehouse.Ingestion.Postgres;
using Lakehouse.Storage;
using Npgsql;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Lakehouse.Ingestion.Config;

/// <summary>Reads <c>lakehouse.yaml</c> into an <see cref="IngestionConfig"/>.</summary>
internal sealed class ConfigReader(string file)
{
    public IngestionConfig Read(string yaml)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException e)
        {
            throw new ConfigException(file, e.Start.Line, e.Start.Column, Tidy(e), e);
        }
        if (stream.Documents.Count == 0) throw new ConfigException(file, 1, 1, "the file is empty; it needs 'sources'");

        var root = new YamlSection(file, stream.Documents[0].RootNode, "the file");
        var lake = root.Text("lake");
        var list = root.Sequence("sources") ?? throw root.Wrong(root.Node, "the file needs 'sources'");
        root.End();

        var sources = new List<SourceConfig>();
        foreach (var node in list)
        {
            var section = new YamlSection(file, node, "a source");
            var source = ReadSource(section);
            if (sources.Exists(s => string.Equals(s.Name, source.Name, StringComparison.OrdinalIgnoreCase)))
                throw WrongAt(section, "name", $"the source '{source.Name}' is declared twice");
            sources.Add(source);
        }
        if (sources.Count == 0) throw root.Wrong(list, "'sources' is empty");
        return new IngestionConfig
        {
            Lake = lake is null || StoreAddress.IsS3(lake) ? lake : Path.GetFullPath(lake, Path.GetDirectoryName(Path.GetFullPath(file))!),
            Sources = sources,
        };
    }

    private SourceConfig ReadSource(YamlSection section)
    {
        var defaults = new PostgresSourceOptions { Name = "", ConnectionString = "", Tables = [] };
        var name = section.RequiredText("name");
        if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') || char.IsAsciiDigit(name[0]) || name.Length > 50)
            throw WrongAt(section, "name", $"'{name}' is not a source's name: write at most 50 letters, digits and '_', not beginning with a digit");
        var type = section.Text("type") ?? "postgres";
        if (type != "postgres") throw WrongAt(section, "type", $"unknown source type '{type}'; known is postgres");
        var connection = section.RequiredText("connection");
        CheckConnection(section, connection);
        var tables = section.Texts("tables") ?? throw section.Wrong(section.Node, "a source needs 'tables', such as [sales.*]");
        if (tables.Count == 0) throw WrongAt(section, "tables", "'tables' is empty; write patterns such as sales.* or public.orders");
        var exclude = section.Texts("exclude") ?? [];
        foreach (var (pattern, node) in tables.Concat(exclude)) CheckPattern(section, pattern, node);

        var options = defaults with
        {
            Name = name,
            Tables = [.. tables.Select(t => t.Text)],
            Exclude = [.. exclude.Select(t => t.Text)],
            Keys = ReadKeys(section.Section("keys", "'keys'")),
            Publication = section.Text("publication"),
            ManagePublication = section.Flag("manage_publication") ?? defaults.ManagePublication,
            Slot = ReadSlot(section),
            AlertLagBytes = section.Size("alert_lag") ?? defaults.AlertLagBytes,
            MaxLagBytes = section.Size("max_lag"),
        };
        if (section.Section("batch", "'batch'") is { } batch)
        {
            options = options with
            {
                Batch = new BatchLimits
                {
                    Rows = batch.Count("rows", 1, 10_000_000) ?? defaults.Batch.Rows,
                    Bytes = batch.Size("bytes") ?? defaults.Batch.Bytes,
                    Age = batch.Duration("age") ?? defaults.Batch.Age,
                },
            };
            batch.End();
        }
        if (section.Section("snapshot", "'snapshot'") is { } snapshot)
        {
            options = options with { SnapshotWorkers = snapshot.Count("workers", 1, 64) ?? defaults.SnapshotWorkers };
            snapshot.End();
        }
        section.End();
        return new SourceConfig(connection, options) { File = file, ConnectionPlace = section.Place("connection") };
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadKeys(YamlSection? section)
    {
        var keys = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        if (section is null) return keys;
        foreach (var (table, keyNode, value) in section.All())
        {
            CheckPattern(section, table, keyNode);
            if (table.Contains('*', StringComparison.Ordinal)) throw section.Wrong(keyNode, "'keys' names tables, not patterns");
            keys.Add(table, [.. section.ReadTexts(value, table).Select(t => t.Text)]);
        }
        return keys;
    }

    /// <remarks>PostgreSQL's ReplicationSlotValidateName: lower-case letters, digits and underscores, 63 at most.</remarks>
    private string? ReadSlot(YamlSection section)
    {
        var slot = section.Text("slot");
        if (slot is not null && (slot.Length > 63 || !slot.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')))
            throw WrongAt(section, "slot", $"'{slot}' is not a slot's name: PostgreSQL allows at most 63 lower-case letters, digits and '_'");
        return slot;
    }

    private void CheckConnection(YamlSection section, string connection)
    {
        if (!connection.Contains('=', StringComparison.Ordinal)) return;
        NpgsqlConnectionStringBuilder parsed;
        try
        {
            parsed = new NpgsqlConnectionStringBuilder(connection);
        }
        catch (ArgumentException e)
        {
            throw WrongAt(section, "connection", $"not a connection string: {e.Message}");
        }
        if (!string.IsNullOrEmpty(parsed.Password))
            throw WrongAt(section, "connection", "keep passwords out of this file: write a name here and put the connection string into the environment variable ConnectionStrings__NAME");
    }

    private static void CheckPattern(YamlSection section, string pattern, YamlNode node)
    {
        var dot = pattern.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || dot == pattern.Length - 1)
            throw section.Wrong(node, $"'{pattern}' is not a table: write schema.table, with * for any characters (sales.*)");
    }

    private ConfigException WrongAt(YamlSection section, string key, string problem)
    {
        var (line, column) = section.Place(key);
        return new ConfigException(file, line, column, problem);
    }

    /// <summary>YamlDotNet's message without the position it repeats.</summary>
    private static string Tidy(YamlException e)
    {
        var message = e.InnerException?.Message ?? e.Message;
        var colon = message.IndexOf("): ", StringComparison.Ordinal);
        return message.StartsWith('(') && colon > 0 ? message[(colon + 3)..] : message;
    }
}

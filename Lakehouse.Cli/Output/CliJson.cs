using System.Text.Json.Serialization;
using Lakehouse.Cli.Demo;
using Lakehouse.Cli.Models;
using Lakehouse.Engine.Results;

namespace Lakehouse.Cli.Output;

/// <summary>Serializers of what <c>--json</c> prints, made at build time so that a short command starts fast.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<TableSummary>))]
[JsonSerializable(typeof(IReadOnlyList<HistoryEntry>))]
[JsonSerializable(typeof(IReadOnlyList<OptimizedTable>))]
[JsonSerializable(typeof(IReadOnlyList<TendedTableEntry>))]
[JsonSerializable(typeof(ConvertedTable))]
[JsonSerializable(typeof(VacuumedTable))]
[JsonSerializable(typeof(RestoredTable))]
[JsonSerializable(typeof(TableDetail))]
[JsonSerializable(typeof(IcebergTable))]
[JsonSerializable(typeof(SimulationEntry))]
[JsonSerializable(typeof(DemoReport))]
[JsonSerializable(typeof(RunEntry))]
public sealed partial class CliJson : JsonSerializerContext;

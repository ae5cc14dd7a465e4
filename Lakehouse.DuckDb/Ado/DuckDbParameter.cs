using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace Lakehouse.DuckDb;

/// <summary>A parameter's value: by position for <c>?</c> and <c>$1</c>, by name for <c>$name</c>.</summary>
public sealed class DuckDbParameter : DbParameter
{
    private string _name = "";
    private DbType? _dbType;

    /// <summary>A parameter without a name or value.</summary>
    public DuckDbParameter()
    {
    }

    /// <summary>A parameter by position.</summary>
    public DuckDbParameter(object? value) => Value = value;

    /// <summary>A parameter by name, with or without the <c>$</c>.</summary>
    public DuckDbParameter(string name, object? value)
    {
        ParameterName = name;
        Value = value;
    }

    /// <summary>The type to send; null to take it from <see cref="DbType"/> or from the value.</summary>
    public DuckDbType? DuckDbType { get; set; }

    /// <inheritdoc/>
    public override DbType DbType
    {
        get => _dbType ?? DbTypes.FromDuckDb(DuckDbType ?? (Value is null or DBNull ? Lakehouse.DuckDb.DuckDbType.Varchar : TypeInference.Of(Value)));
        set => _dbType = value;
    }

    /// <summary>The name, without the <c>$</c> that SQL has before it; empty for a parameter by position.</summary>
    [AllowNull]
    public override string ParameterName
    {
        get => _name;
        set => _name = (value ?? "").TrimStart('$', '@', ':');
    }

    /// <inheritdoc/>
    public override object? Value { get; set; }

    /// <summary>Only <see cref="ParameterDirection.Input"/>.</summary>
    public override ParameterDirection Direction
    {
        get => ParameterDirection.Input;
        set
        {
            if (value != ParameterDirection.Input) throw new NotSupportedException("DuckDB has input parameters only.");
        }
    }

    /// <inheritdoc/>
    public override bool IsNullable { get; set; }

    /// <inheritdoc/>
    public override int Size { get; set; }

    /// <inheritdoc/>
    [AllowNull]
    public override string SourceColumn { get; set; } = "";

    /// <inheritdoc/>
    public override bool SourceColumnNullMapping { get; set; }

    /// <inheritdoc/>
    public override DataRowVersion SourceVersion { get; set; } = DataRowVersion.Current;

    /// <inheritdoc/>
    public override void ResetDbType() => _dbType = null;

    /// <summary>The type to send for a value that is not null.</summary>
    internal DuckDbType TypeToSend(object value) => DuckDbType ?? (_dbType is { } type ? DbTypes.ToDuckDb(type, value) : TypeInference.Of(value));
}

using System.Collections.ObjectModel;
using System.Data;
using System.Data.Common;

namespace Lakehouse.DuckDb;

/// <summary>Values and the description of columns.</summary>
public sealed partial class DuckDbDataReader : IDbColumnSchemaGenerator
{
    /// <inheritdoc/>
    public override bool IsDBNull(int ordinal) => Current(ordinal).IsNull(_row);

    /// <summary>The value in .NET's type (see <c>docs/decisions/010-duckdb-values.md</c>), <see cref="DBNull"/> for null.</summary>
    public override object GetValue(int ordinal) => Current(ordinal).GetValue(_row) ?? DBNull.Value;

    /// <summary>The value without loss, as DuckDB's own type where .NET's holds less.</summary>
    public override object GetProviderSpecificValue(int ordinal) => Current(ordinal).GetProviderValue(_row) ?? DBNull.Value;

    /// <summary>The value as the type asked for: numbers that fit, decimals, dates and times, arrays and lists of them, and their nullable forms.</summary>
    /// <exception cref="InvalidCastException">Null, or of another kind.</exception>
    /// <exception cref="OverflowException">Outside the type's range.</exception>
    public override T GetFieldValue<T>(int ordinal) => typeof(T) == typeof(object) || typeof(T) == typeof(DBNull)
        ? (T)GetValue(ordinal)
        : Current(ordinal).GetValue<T>(_row);

    /// <inheritdoc/>
    public override int GetValues(object[] values)
    {
        var count = Math.Min(values.Length, FieldCount);
        for (var i = 0; i < count; i++) values[i] = GetValue(i);
        return count;
    }

    /// <inheritdoc/>
    public override int GetProviderSpecificValues(object[] values)
    {
        var count = Math.Min(values.Length, FieldCount);
        for (var i = 0; i < count; i++) values[i] = GetProviderSpecificValue(i);
        return count;
    }

    /// <inheritdoc/>
    public override bool GetBoolean(int ordinal) => GetFieldValue<bool>(ordinal);

    /// <inheritdoc/>
    public override byte GetByte(int ordinal) => GetFieldValue<byte>(ordinal);

    /// <inheritdoc/>
    public override short GetInt16(int ordinal) => GetFieldValue<short>(ordinal);

    /// <inheritdoc/>
    public override int GetInt32(int ordinal) => GetFieldValue<int>(ordinal);

    /// <inheritdoc/>
    public override long GetInt64(int ordinal) => GetFieldValue<long>(ordinal);

    /// <inheritdoc/>
    public override float GetFloat(int ordinal) => GetFieldValue<float>(ordinal);

    /// <inheritdoc/>
    public override double GetDouble(int ordinal) => GetFieldValue<double>(ordinal);

    /// <inheritdoc/>
    public override decimal GetDecimal(int ordinal) => GetFieldValue<decimal>(ordinal);

    /// <inheritdoc/>
    public override string GetString(int ordinal) => GetFieldValue<string>(ordinal);

    /// <inheritdoc/>
    public override char GetChar(int ordinal) => GetFieldValue<char>(ordinal);

    /// <inheritdoc/>
    public override Guid GetGuid(int ordinal) => GetFieldValue<Guid>(ordinal);

    /// <inheritdoc/>
    public override DateTime GetDateTime(int ordinal) => GetFieldValue<DateTime>(ordinal);

    /// <inheritdoc/>
    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length)
    {
        var vector = Current(ordinal);
        if (vector.IsNull(_row)) throw new InvalidCastException("The value is NULL; ask IsDBNull first.");
        if (vector.Type.Id is not (DuckDbTypeId.Blob or DuckDbTypeId.Varchar)) throw new InvalidCastException($"A value of {vector.Type} is no bytes.");
        var bytes = vector.Utf8(_row);
        if (buffer is null) return bytes.Length;
        if (dataOffset >= bytes.Length) return 0;
        var part = bytes[(int)dataOffset..];
        part = part[..Math.Min(part.Length, length)];
        part.CopyTo(buffer.AsSpan(bufferOffset));
        return part.Length;
    }

    /// <inheritdoc/>
    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length)
    {
        var text = GetString(ordinal);
        if (buffer is null) return text.Length;
        if (dataOffset >= text.Length) return 0;
        var count = Math.Min(length, text.Length - (int)dataOffset);
        text.CopyTo((int)dataOffset, buffer, bufferOffset, count);
        return count;
    }

    /// <summary>A VARCHAR's or BLOB's bytes.</summary>
    public override Stream GetStream(int ordinal)
    {
        var bytes = new byte[GetBytes(ordinal, 0, null, 0, 0)];
        GetBytes(ordinal, 0, bytes, 0, bytes.Length);
        return new MemoryStream(bytes, writable: false);
    }

    /// <inheritdoc/>
    public override string GetName(int ordinal) => Column(ordinal).Name;

    /// <inheritdoc/>
    public override int GetOrdinal(string name)
    {
        for (var i = 0; i < FieldCount; i++)
            if (Column(i).Name == name) return i;
        for (var i = 0; i < FieldCount; i++)
            if (Column(i).Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return i;
        throw new IndexOutOfRangeException($"There is no column '{name}'; the result has {string.Join(", ", _result?.Columns.Select(c => c.Name) ?? [])}.");
    }

    /// <summary>The type as SQL writes it.</summary>
    public override string GetDataTypeName(int ordinal) => Column(ordinal).Type.ToString();

    /// <inheritdoc/>
    public override Type GetFieldType(int ordinal) => ValueReader.ClrType(Column(ordinal).Type);

    /// <inheritdoc/>
    public override Type GetProviderSpecificFieldType(int ordinal) => ValueReader.ClrType(Column(ordinal).Type, provider: true);

    /// <summary>The columns, with DuckDB's types.</summary>
    public ReadOnlyCollection<DbColumn> GetColumnSchema() =>
        new([.. Enumerable.Range(0, FieldCount).Select(i => (DbColumn)new DuckDbSchemaColumn(i, Column(i)))]);

    /// <inheritdoc/>
    public override DataTable? GetSchemaTable()
    {
        if (_result is null) return null;
        var table = new DataTable("SchemaTable");
        table.Columns.Add(SchemaTableColumn.ColumnName, typeof(string));
        table.Columns.Add(SchemaTableColumn.ColumnOrdinal, typeof(int));
        table.Columns.Add(SchemaTableColumn.ColumnSize, typeof(int));
        table.Columns.Add(SchemaTableColumn.NumericPrecision, typeof(short));
        table.Columns.Add(SchemaTableColumn.NumericScale, typeof(short));
        table.Columns.Add(SchemaTableColumn.DataType, typeof(Type));
        table.Columns.Add(SchemaTableOptionalColumn.ProviderSpecificDataType, typeof(Type));
        table.Columns.Add("DataTypeName", typeof(string));
        table.Columns.Add(SchemaTableColumn.ProviderType, typeof(int));
        table.Columns.Add(SchemaTableColumn.AllowDBNull, typeof(bool));
        for (var i = 0; i < FieldCount; i++)
        {
            var type = Column(i).Type;
            var number = type.Id == DuckDbTypeId.Decimal;
            table.Rows.Add(
                Column(i).Name, i, -1,
                number ? (short)type.Width : DBNull.Value, number ? (short)type.Scale : DBNull.Value,
                GetFieldType(i), GetProviderSpecificFieldType(i), type.ToString(), (int)type.Id, true);
        }

        return table;
    }

    private sealed class DuckDbSchemaColumn : DbColumn
    {
        internal DuckDbSchemaColumn(int ordinal, DuckDbColumn column)
        {
            ColumnName = column.Name;
            ColumnOrdinal = ordinal;
            DataType = ValueReader.ClrType(column.Type);
            DataTypeName = column.Type.ToString();
            AllowDBNull = true;
            if (column.Type.Id != DuckDbTypeId.Decimal) return;
            NumericPrecision = column.Type.Width;
            NumericScale = column.Type.Scale;
        }
    }
}

using System.Collections;
using System.Data.Common;
using Lakehouse.DuckDb.Native;

namespace Lakehouse.DuckDb;

/// <summary>A command's parameters.</summary>
public sealed class DuckDbParameterCollection : DbParameterCollection, IParameterSource
{
    private readonly List<DuckDbParameter> _parameters = [];

    /// <inheritdoc/>
    public override int Count => _parameters.Count;

    /// <inheritdoc/>
    public override object SyncRoot => ((ICollection)_parameters).SyncRoot;

    /// <summary>Adds a value by position.</summary>
    public DuckDbParameter AddValue(object? value) => Keep(new DuckDbParameter(value));

    /// <summary>Adds a value by name.</summary>
    public DuckDbParameter AddWithValue(string name, object? value) => Keep(new DuckDbParameter(name, value));

    /// <inheritdoc/>
    public override int Add(object value)
    {
        Keep(Own(value));
        return _parameters.Count - 1;
    }

    /// <inheritdoc/>
    public override void AddRange(Array values)
    {
        foreach (var value in values) Add(value!);
    }

    /// <inheritdoc/>
    public override void Clear() => _parameters.Clear();

    /// <inheritdoc/>
    public override bool Contains(object value) => IndexOf(value) >= 0;

    /// <inheritdoc/>
    public override bool Contains(string value) => IndexOf(value) >= 0;

    /// <inheritdoc/>
    public override void CopyTo(Array array, int index) => ((ICollection)_parameters).CopyTo(array, index);

    /// <inheritdoc/>
    public override IEnumerator GetEnumerator() => _parameters.GetEnumerator();

    /// <inheritdoc/>
    public override int IndexOf(object value) => value is DuckDbParameter parameter ? _parameters.IndexOf(parameter) : -1;

    /// <inheritdoc/>
    public override int IndexOf(string parameterName)
    {
        var name = parameterName.TrimStart('$', '@', ':');
        return _parameters.FindIndex(p => p.ParameterName.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    /// <inheritdoc/>
    public override void Insert(int index, object value) => _parameters.Insert(index, Own(value));

    /// <inheritdoc/>
    public override void Remove(object value) => _parameters.Remove(Own(value));

    /// <inheritdoc/>
    public override void RemoveAt(int index) => _parameters.RemoveAt(index);

    /// <inheritdoc/>
    public override void RemoveAt(string parameterName) => _parameters.RemoveAt(Find(parameterName));

    /// <inheritdoc/>
    protected override DbParameter GetParameter(int index) => _parameters[index];

    /// <inheritdoc/>
    protected override DbParameter GetParameter(string parameterName) => _parameters[Find(parameterName)];

    /// <inheritdoc/>
    protected override void SetParameter(int index, DbParameter value) => _parameters[index] = Own(value);

    /// <inheritdoc/>
    protected override void SetParameter(string parameterName, DbParameter value) => _parameters[Find(parameterName)] = Own(value);

    /// <summary>Gives every parameter of a prepared statement its value.</summary>
    unsafe void IParameterSource.Bind(nint statement, bool single)
    {
        var wanted = (int)NativeMethods.duckdb_nparams(statement);
        var used = new HashSet<int>();
        for (var i = 1; i <= wanted; i++)
        {
            var name = NativeMethods.TakeText(NativeMethods.duckdb_parameter_name(statement, (ulong)i));
            var at = IndexOf(name);
            if (at < 0 && int.TryParse(name, out var position) && position <= _parameters.Count && _parameters[position - 1].ParameterName.Length == 0) at = position - 1;
            if (at < 0) throw new InvalidOperationException($"The SQL has a parameter ${name}, for which the command has no value.");
            used.Add(at);
            Bind(statement, i, name, _parameters[at]);
        }

        if (!single || used.Count == _parameters.Count) return;
        var unused = Enumerable.Range(0, _parameters.Count).First(i => !used.Contains(i));
        var label = _parameters[unused].ParameterName;
        throw new InvalidOperationException($"The command has a value for parameter {(label.Length > 0 ? "$" + label : $"number {unused + 1}")}, which the SQL does not use.");
    }

    private static void Bind(nint statement, int index, string name, DuckDbParameter parameter)
    {
        nint native;
        try
        {
            native = parameter.Value is null or DBNull
                ? NativeMethods.duckdb_create_null_value()
                : NativeValues.Create(parameter.TypeToSend(parameter.Value), parameter.Value);
        }
        catch (Exception e) when (e is InvalidCastException or OverflowException or FormatException or ArgumentException)
        {
            throw new InvalidCastException($"Parameter ${name}: {e.Message}", e);
        }

        try
        {
            if (NativeMethods.duckdb_bind_value(statement, (ulong)index, native) != 0)
                throw new DuckDbException(DuckDbErrorType.InvalidInput, $"DuckDB did not take the value of parameter ${name}.");
        }
        finally
        {
            NativeMethods.duckdb_destroy_value(ref native);
        }
    }

    private DuckDbParameter Keep(DuckDbParameter parameter)
    {
        _parameters.Add(parameter);
        return parameter;
    }

    private int Find(string name) => IndexOf(name) is >= 0 and var at ? at : throw new ArgumentException($"There is no parameter '{name}'.", nameof(name));

    private static DuckDbParameter Own(object value) =>
        value as DuckDbParameter ?? throw new InvalidCastException($"A parameter must be a {nameof(DuckDbParameter)}; for a bare value use AddValue or AddWithValue.");
}

namespace Lakehouse.DuckDb;

/// <summary>
/// The body of a scalar function: fills <paramref name="output"/> for every row of <paramref name="input"/>. DuckDB calls it with
/// up to 2,048 rows at a time, from several threads at once. What it throws becomes the statement's error.
/// </summary>
public delegate void DuckDbScalarFunction(DuckDbInput input, DuckDbVectorWriter output);

/// <summary>How DuckDB may treat a scalar function.</summary>
[Flags]
public enum DuckDbFunctionOptions
{
    /// <summary>Equal inputs give equal outputs, and a null input gives a null output (whatever the body wrote for that row).</summary>
    None = 0,

    /// <summary>The body decides about null inputs itself.</summary>
    SeesNulls = 1,

    /// <summary>It is run for every row, even where the inputs are constants.</summary>
    Volatile = 2,
}

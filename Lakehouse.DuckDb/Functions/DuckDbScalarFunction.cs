namespace Lakehouse.DuckDb;

/// <summary>
/// The body of a scalar function: fills <paramref name="output"/> for every row of <paramref name="input"/>. DuckDB calls it with
/// up to 2,048 rows at a time, from several threads at once. What it throws becomes the statement's error.
/// </summary>
public delegate void DuckDbScalarFunction(DuckDbInput input, DuckDbVectorWriter output);

/// <summary>A scalar function's body (<see cref="DuckDbScalarFunction"/>) that is told which of the function's calls in a plan it works for.</summary>
/// <param name="state">What <see cref="DuckDbFunctionCopied"/> gave to this copy of the call; null for a call that was never copied.</param>
/// <param name="input">The arguments.</param>
/// <param name="output">To be filled.</param>
public delegate void DuckDbStatefulFunction(object? state, DuckDbInput input, DuckDbVectorWriter output);

/// <summary>Gives a new copy of a call its state. DuckDB copies the calls in a plan at its own discretion, while it plans and while it opens
/// what the plan reads, on the thread that is doing so. What this throws becomes the error of the statement that evaluates the copy.</summary>
/// <param name="state">The state of the call that was copied.</param>
public delegate object? DuckDbFunctionCopied(object? state);

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

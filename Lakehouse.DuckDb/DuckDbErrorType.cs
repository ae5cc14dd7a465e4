namespace Lakehouse.DuckDb;

/// <summary>DuckDB's own classification of an error (`duckdb_error_type` in duckdb.h).</summary>
public enum DuckDbErrorType
{
    /// <summary>DuckDB gave no type.</summary>
    Unknown = 0,
    /// <summary>A value is outside its type's range.</summary>
    OutOfRange = 1,
    /// <summary>A value cannot be converted.</summary>
    Conversion = 2,
    /// <summary>A type is not known.</summary>
    UnknownType = 3,
    /// <summary>A decimal cannot be computed or stored.</summary>
    Decimal = 4,
    /// <summary>Types do not match.</summary>
    MismatchType = 5,
    /// <summary>A division by zero.</summary>
    DivideByZero = 6,
    /// <summary>An object is too large.</summary>
    ObjectSize = 7,
    /// <summary>A type cannot be used here.</summary>
    InvalidType = 8,
    /// <summary>Stored data cannot be read or written.</summary>
    Serialization = 9,
    /// <summary>A transaction failed or conflicts.</summary>
    Transaction = 10,
    /// <summary>DuckDB does not support this yet.</summary>
    NotImplemented = 11,
    /// <summary>An expression is wrong.</summary>
    Expression = 12,
    /// <summary>A table, view, function or schema is missing or exists already.</summary>
    Catalog = 13,
    /// <summary>The SQL does not parse.</summary>
    Parser = 14,
    /// <summary>The statement cannot be planned.</summary>
    Planner = 15,
    /// <summary>The scheduler failed.</summary>
    Scheduler = 16,
    /// <summary>Execution failed.</summary>
    Executor = 17,
    /// <summary>A constraint is violated.</summary>
    Constraint = 18,
    /// <summary>An index failed.</summary>
    Index = 19,
    /// <summary>Statistics failed.</summary>
    Statistics = 20,
    /// <summary>The connection failed.</summary>
    Connection = 21,
    /// <summary>The SQL is wrong in its syntax.</summary>
    Syntax = 22,
    /// <summary>A setting is wrong.</summary>
    Settings = 23,
    /// <summary>A name or type in the SQL does not bind.</summary>
    Binder = 24,
    /// <summary>The network failed.</summary>
    Network = 25,
    /// <summary>The optimizer failed.</summary>
    Optimizer = 26,
    /// <summary>A null pointer inside DuckDB.</summary>
    NullPointer = 27,
    /// <summary>A file could not be read or written.</summary>
    IO = 28,
    /// <summary>The statement was interrupted.</summary>
    Interrupt = 29,
    /// <summary>The database is unusable and must be reopened.</summary>
    Fatal = 30,
    /// <summary>A fault inside DuckDB.</summary>
    Internal = 31,
    /// <summary>A function or statement was given what it cannot take.</summary>
    InvalidInput = 32,
    /// <summary>The memory limit was reached.</summary>
    OutOfMemory = 33,
    /// <summary>Settings forbid this.</summary>
    Permission = 34,
    /// <summary>A parameter's type could not be resolved.</summary>
    ParameterNotResolved = 35,
    /// <summary>A parameter is not allowed here.</summary>
    ParameterNotAllowed = 36,
    /// <summary>Something else depends on it.</summary>
    Dependency = 37,
    /// <summary>An HTTP request failed.</summary>
    Http = 38,
    /// <summary>An extension is needed and is not there.</summary>
    MissingExtension = 39,
    /// <summary>An extension could not be loaded by itself.</summary>
    Autoload = 40,
    /// <summary>A sequence failed.</summary>
    Sequence = 41,
    /// <summary>The settings contradict each other or are not known.</summary>
    InvalidConfiguration = 42,
}

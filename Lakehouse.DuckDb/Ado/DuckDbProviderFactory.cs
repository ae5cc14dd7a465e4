using System.Data.Common;

namespace Lakehouse.DuckDb;

/// <summary>Makes this provider's objects, for code that knows only ADO.NET. There is no data adapter.</summary>
public sealed class DuckDbProviderFactory : DbProviderFactory
{
    /// <summary>The only instance, to give to <see cref="DbProviderFactories.RegisterFactory(string, DbProviderFactory)"/>.</summary>
    public static readonly DuckDbProviderFactory Instance = new();

    private DuckDbProviderFactory()
    {
    }

    /// <inheritdoc/>
    public override DbConnection CreateConnection() => new DuckDbConnection();

    /// <inheritdoc/>
    public override DbCommand CreateCommand() => new DuckDbCommand();

    /// <inheritdoc/>
    public override DbParameter CreateParameter() => new DuckDbParameter();

    /// <inheritdoc/>
    public override DbConnectionStringBuilder CreateConnectionStringBuilder() => new DuckDbConnectionStringBuilder();
}

using Lakehouse.Ingestion.Sample;
using Lakehouse.Testing;
using Npgsql;

namespace Lakehouse.Ingestion.Tests.Sample;

/// <summary>A seeded database of a test's own, with the questions that tests ask it.</summary>
internal sealed class SampleDatabase(NpgsqlDataSource source) : IAsyncDisposable
{
    public const double Scale = 0.01;

    public NpgsqlDataSource Source => source;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<SampleDatabase> CreateAsync(PostgresFixture postgres, double scale = Scale, int seed = 1)
    {
        NpgsqlDataSource source = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        await SampleBusiness.SeedAsync(source, scale, seed, cancellationToken: Cancellation);
        return new SampleDatabase(source);
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    /// <summary>What a table holds, as one hash over all rows by key.</summary>
    public Task<string> ChecksumAsync(string table) =>
        ScalarAsync<string>($"SELECT md5(coalesce(string_agg(md5(row::text), '' ORDER BY md5(row::text)), '')) FROM {table} AS row");

    public async ValueTask DisposeAsync() => await source.DisposeAsync();
}

using Lakehouse.EndToEnd.Tests;
using Lakehouse.Testing.Engines;
using Lakehouse.Testing.S3;

[assembly: AssemblyFixture(typeof(RealEngines))]
[assembly: AssemblyFixture(typeof(RadosGateway))]

namespace Lakehouse.EndToEnd.Tests;

/// <summary>One Spark and one Trino for all tests of the assembly, each started by the first test that asks for it.</summary>
public sealed class RealEngines : IAsyncLifetime
{
    private readonly Lazy<Task<SparkServer>> _spark = new(() => SparkServer.StartAsync(CancellationToken.None));
    private readonly Lazy<Task<TrinoServer>> _trino = new(() => TrinoServer.StartAsync(CancellationToken.None));

    /// <summary>Spark; the calling test is skipped where it is not installed.</summary>
    public Task<SparkServer> SparkAsync()
    {
        Assert.SkipUnless(SparkServer.IsHere, SparkServer.SkipReason);
        return _spark.Value;
    }

    /// <summary>Trino; the calling test is skipped where it is not installed.</summary>
    public Task<TrinoServer> TrinoAsync()
    {
        Assert.SkipUnless(TrinoServer.IsHere, TrinoServer.SkipReason);
        return _trino.Value;
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(_spark);
        await StopAsync(_trino);
    }

    private static async Task StopAsync<T>(Lazy<Task<T>> engine)
        where T : IAsyncDisposable
    {
        if (!engine.IsValueCreated) return;
        try
        {
            // One that still starts, because no test waits for it any more, is waited for: nobody else would stop it.
            await (await engine.Value).DisposeAsync();
        }
        catch (InvalidOperationException)
        {
            // It did not start, and has said so to the tests that asked.
        }
    }
}

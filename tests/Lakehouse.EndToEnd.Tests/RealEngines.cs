using Lakehouse.EndToEnd.Tests;
using Lakehouse.Testing.Engines;
using Lakehouse.Testing.S3;

[assembly: AssemblyFixture(typeof(RealEngines))]
[assembly: AssemblyFixture(typeof(RadosGateway))]

namespace Lakehouse.EndToEnd.Tests;

/// <summary>One Spark and one Trino for all tests of the assembly, each started by the first test that asks for it.</summary>
public sealed class RealEngines : IAsyncLifetime
{
    private readonly List<Lazy<Task<SparkServer>>> _ended = [];
    private Lazy<Task<SparkServer>> _spark = NewSpark();
    private readonly Lazy<Task<TrinoServer>> _trino = new(() => TrinoServer.StartAsync(CancellationToken.None));

    /// <summary>
    /// Does <paramref name="step"/> with Spark, starting it if need be; the calling test is skipped where it is not installed.
    /// A server that ends meanwhile, as by a signal from outside, shows nothing of ours: the test is warned with how it ended,
    /// and the step, which has to begin from nothing, is done once more with a new one.
    /// </summary>
    /// <exception cref="EngineEndedException">The second server ended too.</exception>
    public async Task<T> WithSparkAsync<T>(Func<SparkServer, Task<T>> step)
    {
        Assert.SkipUnless(SparkServer.IsHere, SparkServer.SkipReason);
        Lazy<Task<SparkServer>> started = _spark;
        try
        {
            return await step(await started.Value);
        }
        catch (EngineEndedException ended)
        {
            TestContext.Current.AddWarning($"Done again with a new Spark. {ended.Message}");
            Lazy<Task<SparkServer>> next;
            lock (_ended)
            {
                // The first of the steps that share a server replaces it for all; its folder stays for those that still read there.
                if (_spark == started)
                {
                    _ended.Add(started);
                    _spark = NewSpark();
                }

                next = _spark;
            }

            return await step(await next.Value);
        }
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
        foreach (Lazy<Task<SparkServer>> spark in _ended.Append(_spark)) await StopAsync(spark);
        await StopAsync(_trino);
    }

    private static Lazy<Task<SparkServer>> NewSpark() => new(() => SparkServer.StartAsync(CancellationToken.None));

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

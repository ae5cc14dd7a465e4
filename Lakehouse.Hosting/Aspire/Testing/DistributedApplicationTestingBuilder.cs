using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>
/// Makes builders for tests: ports are any free ones unless an endpoint has no proxy, the dashboard is off unless asked for,
/// and the logs of resources are repeated in the AppHost's. Applications made this way run beside each other.
/// </summary>
public static class DistributedApplicationTestingBuilder
{
    /// <summary>Runs the AppHost that <typeparamref name="TEntryPoint"/> is part of up to where it builds.</summary>
    /// <exception cref="InvalidOperationException">It ends without building an application.</exception>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync(typeof(TEntryPoint), [], cancellationToken);

    /// <inheritdoc cref="CreateAsync{TEntryPoint}(CancellationToken)"/>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync(typeof(TEntryPoint), args, cancellationToken);

    /// <inheritdoc cref="CreateAsync{TEntryPoint}(CancellationToken)"/>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder, CancellationToken cancellationToken = default)
        => CreateAsync(typeof(TEntryPoint), args, configureBuilder, cancellationToken);

    /// <summary>Runs the AppHost that <paramref name="entryPoint"/> is part of up to where it builds.</summary>
    /// <exception cref="InvalidOperationException">It ends without building an application.</exception>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(Type entryPoint, CancellationToken cancellationToken = default)
        => CreateAsync(entryPoint, [], cancellationToken);

    /// <inheritdoc cref="CreateAsync(Type, CancellationToken)"/>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync(Type entryPoint, string[] args, CancellationToken cancellationToken = default)
        => CreateAsync(entryPoint, args, (_, _) => { }, cancellationToken);

    /// <summary>Runs the AppHost that <paramref name="entryPoint"/> is part of up to where it builds.</summary>
    /// <param name="entryPoint">A type of the AppHost's assembly.</param>
    /// <param name="args">Its command line.</param>
    /// <param name="configureBuilder">Changes how its builder is made.</param>
    /// <param name="cancellationToken">Gives up waiting for it.</param>
    /// <exception cref="InvalidOperationException">It ends without building an application.</exception>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync(
        Type entryPoint, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entryPoint);
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(configureBuilder);
        var invocation = new EntryPointInvocation(entryPoint.Assembly, args, TestingDefaults.Before(configureBuilder));
        var builder = await invocation.StartAsync(cancellationToken).ConfigureAwait(false);
        return new TestingBuilder(builder, invocation.BuildAsync, invocation.Abandon);
    }

    /// <summary>A builder without an AppHost's program; the test adds the resources.</summary>
    public static IDistributedApplicationTestingBuilder Create(params string[] args) => Create(args, (_, _) => { });

    /// <inheritdoc cref="Create(string[])"/>
    public static IDistributedApplicationTestingBuilder Create(string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(configureBuilder);
        var builder = BuilderObserver.Observe(new TestingDefaults.Observer(TestingDefaults.Before(configureBuilder)), () => new DistributedApplicationBuilder(args));
        return new TestingBuilder(builder, _ => Task.FromResult(builder.Build()), () => { });
    }
}

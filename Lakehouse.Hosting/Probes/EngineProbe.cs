using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Lakehouse.Hosting;

/// <summary>Health checks that ask an engine a real question, whose answer is its version.</summary>
internal static class EngineProbe
{
    /// <summary>
    /// The resource is healthy while the question is answered. The answer is shown in the dashboard as the property
    /// <c>Version</c>.
    /// </summary>
    /// <param name="builder">The resource.</param>
    /// <param name="ask">Asks the engine its version; any exception means that it is not well, and its message is shown.</param>
    public static IResourceBuilder<T> WithVersionProbe<T>(this IResourceBuilder<T> builder, Func<CancellationToken, Task<string>> ask)
        where T : IResource
    {
        string key = $"{builder.Resource.Name}_version";
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            key, services => new Check(ask, version => ShowAsync(services, builder.Resource, version)), HealthStatus.Unhealthy, tags: null, timeout: TimeSpan.FromSeconds(10)));
        return builder.WithHealthCheck(key);
    }

    private static Task ShowAsync(IServiceProvider services, IResource resource, string version) =>
        services.GetRequiredService<ResourceNotificationService>().PublishUpdateAsync(resource, snapshot =>
            snapshot.Properties.Any(property => property.Name == "Version" && Equals(property.Value, version))
                ? snapshot
                : snapshot with { Properties = [.. snapshot.Properties.Where(property => property.Name != "Version"), new ResourcePropertySnapshot("Version", version)] });

    private sealed class Check(Func<CancellationToken, Task<string>> ask, Func<string, Task> show) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                string version = await ask(cancellationToken).ConfigureAwait(false);
                await show(version).ConfigureAwait(false);
                return HealthCheckResult.Healthy(version);
            }
#pragma warning disable CA1031 // Whatever keeps the engine from answering makes it unhealthy, and the dashboard shows it.
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                return HealthCheckResult.Unhealthy(e.Message, e);
            }
        }
    }
}

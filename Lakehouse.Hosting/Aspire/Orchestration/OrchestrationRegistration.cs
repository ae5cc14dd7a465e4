using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Orchestration;

/// <summary>Registers what runs the model on this machine.</summary>
internal static class OrchestrationRegistration
{
    public static void AddOrchestrator(this IServiceCollection services, DistributedApplicationBuilder builder, DistributedApplicationOptions options) =>
        services.AddHostedService<OrchestratorHostService>();
}

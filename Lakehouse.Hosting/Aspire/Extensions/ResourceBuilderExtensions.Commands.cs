using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Adds a command, in place of one of the same name.</summary>
    public static IResourceBuilder<T> WithCommand<T>(this IResourceBuilder<T> builder, string name, string displayName, Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand, CommandOptions? commandOptions = null)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(builder);
        CommandOptions options = commandOptions ?? new();
        if (builder.Resource.Annotations.OfType<ResourceCommandAnnotation>().SingleOrDefault(command => command.Name == name) is { } earlier)
            builder.Resource.Annotations.Remove(earlier);
        return builder.WithAnnotation(new ResourceCommandAnnotation(
            name, displayName, options.UpdateState ?? (_ => ResourceCommandState.Enabled), executeCommand, options.Description, options.LegacyParameter,
            options.ConfirmationMessage, options.IconName, options.IconVariant, options.IsHighlighted)
        {
            Visibility = options.Visibility,
        });
    }

    /// <summary>Adds a command that sends an HTTP request to the resource; a status of 2xx is success.</summary>
    /// <param name="builder">Who gets the request.</param>
    /// <param name="path">The path of the request.</param>
    /// <param name="displayName">What the dashboard calls it.</param>
    /// <param name="endpointName">The endpoint; <c>https</c> or else <c>http</c> by default.</param>
    /// <param name="commandName">The command's name; from the request by default.</param>
    /// <param name="commandOptions">Method, body, what a response means, how it is shown.</param>
    public static IResourceBuilder<TResource> WithHttpCommand<TResource>(this IResourceBuilder<TResource> builder, string path, string displayName, [EndpointName] string? endpointName = null, string? commandName = null, HttpCommandOptions? commandOptions = null)
        where TResource : IResourceWithEndpoints =>
        builder.WithHttpCommand(path, displayName, endpointName is null ? null : () => builder.GetEndpoint(endpointName), commandName, commandOptions);

    /// <inheritdoc cref="WithHttpCommand{TResource}(IResourceBuilder{TResource}, string, string, string?, string?, HttpCommandOptions?)"/>
    public static IResourceBuilder<TResource> WithHttpCommand<TResource>(this IResourceBuilder<TResource> builder, string path, string displayName, Func<EndpointReference>? endpointSelector, string? commandName = null, HttpCommandOptions? commandOptions = null)
        where TResource : IResourceWithEndpoints
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(path);
        HttpCommandOptions options = commandOptions ?? new();
        EndpointReference endpoint = builder.SelectHttpEndpoint(endpointSelector ?? options.EndpointSelector, "HTTP command");
        options.Method ??= HttpMethod.Post;
        options.UpdateState ??= context => context.ResourceSnapshot.State?.Text is { } state && (state == KnownResourceStates.Running || state == KnownResourceStates.RuntimeUnhealthy)
            ? ResourceCommandState.Enabled
            : ResourceCommandState.Disabled;
        string name = commandName ?? $"{builder.Resource.Name}-{endpoint.EndpointName}-http-{options.Method.Method.ToLowerInvariant()}-{path}";
        return builder.WithCommand(name, displayName, context => SendAsync(context, endpoint, path, options), options);
    }

    private static async Task<ExecuteCommandResult> SendAsync(ExecuteCommandContext context, EndpointReference endpoint, string path, HttpCommandOptions options)
    {
        if (!endpoint.IsAllocated)
            return CommandResults.Failure("Endpoints are not yet allocated.");
        using HttpClient client = context.ServiceProvider.GetRequiredService<IHttpClientFactory>().CreateClient(options.HttpClientName ?? Options.DefaultName);
        using var request = new HttpRequestMessage(options.Method!, new Uri(new Uri(endpoint.Url), path));
        if (options.PrepareRequest is { } prepare)
        {
            await prepare(new()
            {
                ServiceProvider = context.ServiceProvider,
                ResourceName = context.ResourceName,
                Endpoint = endpoint,
                CancellationToken = context.CancellationToken,
                HttpClient = client,
                Request = request,
            }).ConfigureAwait(false);
        }

        using HttpResponseMessage response = await client.SendAsync(request, context.CancellationToken).ConfigureAwait(false);
        if (options.GetCommandResult is { } judge)
        {
            return await judge(new()
            {
                ServiceProvider = context.ServiceProvider,
                ResourceName = context.ResourceName,
                Endpoint = endpoint,
                CancellationToken = context.CancellationToken,
                HttpClient = client,
                Response = response,
            }).ConfigureAwait(false);
        }

        string body = await response.Content.ReadAsStringAsync(context.CancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            return CommandResults.Failure($"{request.Method} {request.RequestUri} answered {(int)response.StatusCode}. {body}".TrimEnd());
        bool isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.OrdinalIgnoreCase) == true;
        return options.ResultMode switch
        {
            HttpCommandResultMode.None => CommandResults.Success(),
            HttpCommandResultMode.Json => CommandResults.Success("", body, CommandResultFormat.Json),
            HttpCommandResultMode.Auto when isJson => CommandResults.Success("", body, CommandResultFormat.Json),
            _ => CommandResults.Success("", body, CommandResultFormat.Text),
        };
    }
}

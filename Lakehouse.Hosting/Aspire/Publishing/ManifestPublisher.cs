using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Publishing;

/// <summary>
/// Writes the model as a manifest that azd and aspirate deploy, then ends the AppHost. The file is replaced as a whole
/// and only when everything could be written; the same model gives the same bytes.
/// </summary>
internal sealed class ManifestPublisher(
    DistributedApplicationModel model,
    DistributedApplicationExecutionContext executionContext,
    IDistributedApplicationEventing eventing,
    IConfiguration configuration,
    IServiceProvider services,
    IHostApplicationLifetime lifetime,
    ILogger<ManifestPublisher> logger) : BackgroundService
{
    private const string FileName = "aspire-manifest.json";

    public static readonly JsonWriterOptions WriterOptions = new() { Indented = true, NewLine = "\n" };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            string path = OutputPath();
            await eventing.PublishAsync(new BeforePublishEvent(services, model), stoppingToken).ConfigureAwait(false);
            await WriteAsync(path, stoppingToken).ConfigureAwait(false);
            await eventing.PublishAsync(new AfterPublishEvent(services, model), stoppingToken).ConfigureAwait(false);
            logger.LogInformation("Published manifest to: {ManifestPath}", path);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            logger.LogCritical("The manifest was not written: {Message}", failure.Message);
            logger.LogDebug(failure, "Publishing failed.");
            Environment.ExitCode = 1;
        }
        finally
        {
            lifetime.StopApplication();
        }
    }

    private string OutputPath()
    {
        string publisher = executionContext.PublisherName;
        string step = configuration["Pipeline:Step"] ?? "publish-manifest";
        if (!string.Equals(publisher, "manifest", StringComparison.OrdinalIgnoreCase) || !string.Equals(step, "publish-manifest", StringComparison.OrdinalIgnoreCase))
        {
            throw new DistributedApplicationException(
                $"Only the manifest can be published, with '--publisher manifest' or '--operation publish --step publish-manifest'; publisher '{publisher}', step '{step}' is not known.");
        }

        string path = configuration["Pipeline:OutputPath"] ?? configuration["Publishing:OutputPath"]
            ?? throw new DistributedApplicationException("The '--output-path [path]' option was not specified: say where the manifest shall be written.");
        return Path.GetFullPath(path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? path : Path.Combine(path, FileName));
    }

    private async Task WriteAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = path + ".tmp";
        try
        {
            await using (FileStream file = File.Create(temporary))
            {
                await using var json = new Utf8JsonWriter(file, WriterOptions);
                await new ManifestPublishingContext(executionContext, path, json, cancellationToken).WriteModelAsync(model).ConfigureAwait(false);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}

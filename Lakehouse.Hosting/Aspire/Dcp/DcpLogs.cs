using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Dcp;

/// <summary>Copies the logs of an instance from DCP into its console log: what it writes, and the errors DCP has with it.</summary>
internal sealed class DcpLogs(ResourceLoggerService loggers, ILogger logger)
{
    /// <summary>Follows the three logs of one object until it ends, is deleted, or this is cancelled.</summary>
    public async Task FollowAsync<T>(DcpClient client, DcpInstance instance, CancellationToken cancellationToken) where T : class, IDcpObject, IDcpKind
    {
        try
        {
            await Task.WhenAll(new[] { "stdout", "stderr", "system" }.Select(async source =>
            {
                await foreach (var line in client.LogAsync<T>(instance.Name, source, follow: true, cancellationToken).ConfigureAwait(false))
                    Append(instance, source, line);
            })).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The application stops.
        }
        catch (Exception e) when (e is HttpRequestException or IOException or DcpException or OperationCanceledException)
        {
            logger.LogDebug("The log of {Instance} ended: {Reason}", instance.Name, e.Message);
        }
    }

    private void Append(DcpInstance instance, string source, string line)
    {
        var (time, content) = Split(line);
        if (source == "system")
        {
            if (SystemError(content) is not { } error)
                return;
            content = "[sys] " + error;
        }
        var isError = source != "stdout";
        // Of its own errors a process writes the worst last; DCP tells the cause first and then what follows from it.
        if (isError && !string.IsNullOrWhiteSpace(content) && (source != "system" || instance.LastError is null))
            instance.LastError = content;
        loggers.Append(instance.Name, time, content, isError);
    }

    /// <summary>A line starts with the time it was written at and a blank, or in DCP's own log a tab.</summary>
    private static (DateTime Time, string Content) Split(string line)
    {
        var end = line.AsSpan().IndexOfAny(' ', '\t');
        return end > 0 && DateTime.TryParse(line.AsSpan(0, end), CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var time)
            ? (time, line[(end + 1)..])
            : (DateTime.UtcNow, line);
    }

    /// <summary>An error in DCP's log, without the fields that are for its makers; null for lines that are none.</summary>
    /// <remarks>Fields are separated by tabs: level, logger, message, and a JSON object with an <c>error</c>.</remarks>
    private static string? SystemError(string content)
    {
        var parts = content.Split('\t');
        if (parts.Length < 3 || parts[0] is not "error")
            return null;
        try
        {
            return parts.Length > 3 && (string?)JsonNode.Parse(parts[3])?["error"] is { Length: > 0 } error ? $"{parts[2]}: {error}" : parts[2];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return parts[2];
        }
    }
}

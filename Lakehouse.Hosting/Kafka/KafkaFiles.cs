using System.Diagnostics;
using Aspire.Hosting;

namespace Lakehouse.Hosting;

/// <summary>An installation of Kafka and the data folder of one broker that runs from it.</summary>
/// <param name="home">The installation.</param>
/// <param name="java">The Java runtime (17 or later).</param>
/// <param name="dataFolder">The broker's own.</param>
internal sealed class KafkaFiles(string home, string java, string dataFolder)
{
    private string Properties => Path.Combine(dataFolder, "server.properties");

    private string Logs => Path.Combine(dataFolder, "log");

    /// <summary>The installation's version, as the name of its server library has it.</summary>
    public string Version =>
        Directory.EnumerateFiles(Path.Combine(home, "libs"), "kafka-clients-*.jar").Select(Path.GetFileNameWithoutExtension).Select(file => file!["kafka-clients-".Length..]).FirstOrDefault() ?? "of unknown version";

    /// <summary>Java's arguments for the broker; overrides may follow.</summary>
    public IReadOnlyList<string> BrokerCommand => [.. Jvm("512m"), "kafka.Kafka", Properties];

    /// <summary>Writes the settings and formats the data folder where that was not done.</summary>
    /// <exception cref="DistributedApplicationException">Kafka's storage tool failed; the message holds what it said.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Logs);
        // One broker: every internal topic has one copy. Listeners come on the command line, as ports change from run to run;
        // those here are for the storage tool, which wants to see some.
        await File.WriteAllTextAsync(
            Properties,
            $"""
            process.roles=broker,controller
            node.id=1
            controller.quorum.voters=1@127.0.0.1:9093
            listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093
            controller.listener.names=CONTROLLER
            log.dirs={Logs.Replace('\\', '/')}
            offsets.topic.replication.factor=1
            offsets.topic.num.partitions=4
            transaction.state.log.replication.factor=1
            transaction.state.log.min.isr=1
            transaction.state.log.num.partitions=4
            share.coordinator.state.topic.replication.factor=1
            share.coordinator.state.topic.min.isr=1
            group.initial.rebalance.delay.ms=0

            """,
            cancellationToken).ConfigureAwait(false);
        if (File.Exists(Path.Combine(Logs, "meta.properties"))) return;
        // A cluster id is 16 bytes in URL-safe Base64 without padding.
        string cluster = Convert.ToBase64String(Guid.NewGuid().ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_').TrimStart('-');
        await FormatAsync(cluster.PadRight(22, 'A'), cancellationToken).ConfigureAwait(false);
    }

    private async Task FormatAsync(string cluster, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(java, [.. Jvm("128m"), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", Properties])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            using Process tool = Process.Start(start)!;
            Task<string> output = tool.StandardOutput.ReadToEndAsync(cancellationToken), errors = tool.StandardError.ReadToEndAsync(cancellationToken);
            await tool.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            if (tool.ExitCode != 0)
                throw new DistributedApplicationException($"Kafka could not format '{Logs}' (exit code {tool.ExitCode}): {(await errors.ConfigureAwait(false)).Trim()} {(await output.ConfigureAwait(false)).Trim()}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new DistributedApplicationException($"Kafka needs a Java runtime, and '{java}' cannot be started: {e.Message}. Install Java 17 or later, or set JAVA_HOME.", e);
        }
    }

    private string[] Jvm(string heap) =>
        [$"-Xmx{heap}", "-XX:+UseSerialGC", $"-Dlog4j2.configurationFile={Path.Combine(home, "config", "log4j2.yaml")}", "-cp", Path.Combine(home, "libs", "*")];
}

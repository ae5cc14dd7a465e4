using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.AppHost.Tests;

public sealed class LocalEngineTests
{
    [Fact]
    public async Task Kafka_and_Spark_run_as_resources_from_local_installations()
    {
        foreach (string setting in new[] { "KAFKA_HOME", "SPARK_HOME" })
            Assert.SkipWhen(string.IsNullOrEmpty(Environment.GetEnvironmentVariable(setting)), $"{setting} is not set: name a folder with the installation (.ci/run unpacks one).");
        await using Platform platform = await Platform.StartAsync(["--placement=local", "--TRINO_HOME=", "--AIRFLOW_VENV="]);
        foreach ((string resource, string product) in new[] { ("kafka", "Apache Kafka "), ("spark", "Apache Spark ") })
        {
            // Healthy is what has answered a question in its own protocol, with its version.
            ResourceEvent healthy = await platform.App.ResourceNotifications.WaitForResourceHealthyAsync(resource, Platform.Deadline);
            Assert.Contains(healthy.Snapshot.HealthReports, report => report.Description?.StartsWith(product, StringComparison.Ordinal) == true);
        }
        await platform.UntilHealthyAsync();
    }
}

using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting;

/// <summary>Adds Spark where it is placed.</summary>
public static class SparkExtensions
{
    private const string Image = "apache/spark";
    private const string Tag = "4.2.0-scala2.13-java17-python3-ubuntu";
    private const string DeltaPackage = "io.delta:delta-spark_4.2_2.13:4.4.0";
    private const int ContainerPort = 15002;

    /// <summary>
    /// Adds a Spark Connect server with Delta Lake: of the installation that <c>SPARK_HOME</c> names; as a container; or at a
    /// connection string of its name (<c>sc://HOST:PORT</c>). In an embedded platform there is none: DuckDB runs the models.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="name">The resource's name, and the connection string's.</param>
    /// <returns>The server; null where there is none.</returns>
    public static IResourceBuilder<IResourceWithConnectionString>? AddSpark(this IDistributedApplicationBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!string.IsNullOrEmpty(builder.Configuration[$"ConnectionStrings:{name}"])) return builder.AddConnectionString(name);
        PlacementChoice choice = builder.PlacementOf(name);
        if (builder.IsLeftOut(choice)) return null;
        return choice.Placement switch
        {
            Placement.Containers => AddContainer(builder, name),
            Placement.Local when LocalInstallation.Find(builder, choice, name, "SPARK_HOME", "jars") is { } home => AddServer(builder, name, home),
            _ => null,
        };
    }

    private static IResourceBuilder<SparkResource> AddServer(IDistributedApplicationBuilder builder, string name, string home)
    {
        string data = builder.DataFolderOf(name);
        Directory.CreateDirectory(data);
        bool hasDelta = Directory.EnumerateFiles(Path.Combine(home, "jars"), "delta-spark_*.jar").Any();
        var spark = new SparkResource(name, LocalInstallation.Java(builder), data);
        return builder.AddResource(spark)
            .WithEndpoint(scheme: "tcp", name: spark.PrimaryEndpoint.EndpointName)
            .WithHttpEndpoint(name: "ui")
            .WithEnvironment("SPARK_LOCAL_IP", "127.0.0.1")
            .WithArgs(context =>
            {
                foreach (string option in SparkCommand.JvmOptions) context.Args.Add(option);
                context.Args.Add("-Xmx2g");
                context.Args.Add("-cp");
                context.Args.Add(string.Join(Path.PathSeparator, Path.Combine(home, "conf"), Path.Combine(home, "jars", "*")));
                foreach (string argument in SparkCommand.Submit(data, string.Create(CultureInfo.InvariantCulture, $"local[{Math.Max(2, Environment.ProcessorCount / 2)}]"))) context.Args.Add(argument);
                if (!hasDelta)
                {
                    context.Args.Add("--packages");
                    context.Args.Add(DeltaPackage);
                }
                context.Args.Add("--conf");
                context.Args.Add(ReferenceExpression.Create($"spark.connect.grpc.binding.port={spark.PrimaryEndpoint.Property(EndpointProperty.TargetPort)}"));
                context.Args.Add("--conf");
                context.Args.Add(ReferenceExpression.Create($"spark.ui.port={new EndpointReference(spark, "ui").Property(EndpointProperty.TargetPort)}"));
                context.Args.Add("spark-internal");
            })
            .WithUrlForEndpoint("ui", url => url.DisplayText = "Spark UI")
            .WithIconName("Flash")
            .ExcludeFromManifest()
            .WithVersionProbe(async cancellationToken => $"Apache Spark {await SparkProbe.AskVersionAsync("127.0.0.1", spark.PrimaryEndpoint.Port, cancellationToken).ConfigureAwait(false)}");
    }

    private static IResourceBuilder<SparkContainerResource> AddContainer(IDistributedApplicationBuilder builder, string name)
    {
        var spark = new SparkContainerResource(name);
        return builder.AddResource(spark)
            .WithImage(Image, Tag)
            .WithImageRegistry("docker.io")
            .WithEntrypoint("/opt/spark/bin/spark-submit")
            .WithArgs("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--packages", DeltaPackage)
            .WithArgs([.. SparkCommand.DeltaSettings.SelectMany(setting => new[] { "--conf", setting })])
            .WithArgs("--conf", "spark.jars.ivy=/tmp/ivy", "spark-internal")
            .WithEndpoint(targetPort: ContainerPort, scheme: "tcp", name: spark.PrimaryEndpoint.EndpointName)
            .WithHttpEndpoint(targetPort: 4040, name: "ui")
            .WithUrlForEndpoint("ui", url => url.DisplayText = "Spark UI")
            .WithIconName("Flash")
            .WithVersionProbe(async cancellationToken => $"Apache Spark {await SparkProbe.AskVersionAsync(spark.PrimaryEndpoint.Host, spark.PrimaryEndpoint.Port, cancellationToken).ConfigureAwait(false)}");
    }
}

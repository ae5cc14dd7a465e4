namespace Lakehouse.Hosting;

/// <summary>The command line of a Spark Connect server, as Spark's own scripts put it together.</summary>
internal static class SparkCommand
{
    private static readonly string[] OpenedPackages =
    [
        "java.base/java.lang", "java.base/java.lang.invoke", "java.base/java.lang.reflect", "java.base/java.io", "java.base/java.net", "java.base/java.nio",
        "java.base/java.util", "java.base/java.util.concurrent", "java.base/java.util.concurrent.atomic", "java.base/jdk.internal.ref", "java.base/sun.nio.ch",
        "java.base/sun.nio.cs", "java.base/sun.security.action", "java.base/sun.util.calendar", "java.security.jgss/sun.security.krb5",
    ];

    /// <summary>What a Java 17 or later must allow Spark (org.apache.spark.launcher.JavaModuleOptions).</summary>
    public static IReadOnlyList<string> JvmOptions { get; } =
    [
        .. OpenedPackages.Select(package => $"--add-opens={package}=ALL-UNNAMED"),
        "-Djdk.reflect.useDirectMethodHandle=false",
        "-Dio.netty.tryReflectionSetAccessible=true",
    ];

    /// <summary>Makes Delta Lake the session's catalog.</summary>
    public static IReadOnlyList<string> DeltaSettings { get; } =
    [
        "spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone=UTC",
    ];

    /// <summary>The arguments of <c>java</c> up to the ports: one machine, few small partitions.</summary>
    /// <param name="dataFolder">For the warehouse and what Spark spills.</param>
    /// <param name="master">E.g. <c>local[2]</c>.</param>
    public static IEnumerable<string> Submit(string dataFolder, string master)
    {
        string[] settings =
        [
            .. DeltaSettings,
            "spark.driver.host=127.0.0.1",
            "spark.connect.grpc.binding.address=127.0.0.1",
            $"spark.sql.warehouse.dir={Path.Combine(dataFolder, "warehouse")}",
            $"spark.local.dir={Path.Combine(dataFolder, "spill")}",
            "spark.sql.shuffle.partitions=4",
            "spark.databricks.delta.snapshotPartitions=2",
            "spark.sql.sources.parallelPartitionDiscovery.parallelism=4",
        ];
        return
        [
            "org.apache.spark.deploy.SparkSubmit",
            "--class", "org.apache.spark.sql.connect.service.SparkConnectServer",
            "--master", master,
            .. settings.SelectMany(setting => new[] { "--conf", setting }),
        ];
    }
}

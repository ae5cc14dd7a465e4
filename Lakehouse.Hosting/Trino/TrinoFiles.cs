namespace Lakehouse.Hosting;

/// <summary>
/// The configuration of one Trino server that runs from a local installation. Ports, folders and passwords are read from the
/// environment (Trino's <c>${ENV:…}</c>), so the files hold none.
/// </summary>
internal sealed class TrinoFiles(string home, string folder)
{
    /// <summary>The variable with the server's port.</summary>
    public const string PortVariable = "LAKEHOUSE_TRINO_PORT";

    /// <summary>The variable with the lake's folder.</summary>
    public const string LakeVariable = "LAKEHOUSE_LAKE";

    private string Etc => Path.Combine(folder, "etc");

    /// <summary>Java's arguments.</summary>
    public IReadOnlyList<string> Command =>
    [
        "-cp", Path.Combine(home, "lib", "*"),
        "-server", "-Xmx1500m",
        "-XX:+UseG1GC", "-XX:+ExplicitGCInvokesConcurrent", "-XX:+ExitOnOutOfMemoryError", "-XX:-OmitStackTraceInFastThrow",
        "-XX:ReservedCodeCacheSize=256M", "-XX:PerMethodRecompilationCutoff=10000", "-XX:PerBytecodeRecompilationCutoff=10000",
        "-Djdk.attach.allowAttachSelf=true", "-Djdk.nio.maxCachedBufferSize=2000000", "-Dfile.encoding=UTF-8",
        "-XX:+EnableDynamicAgentLoading", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
        "--add-modules=jdk.incubator.vector",
        $"-Dnode.data-dir={folder}", $"-Dconfig={Path.Combine(Etc, "config.properties")}", $"-Dlog.levels-file={Path.Combine(Etc, "log.properties")}",
        "-Dnode.environment=lakehouse", "-Dnode.id=lakehouse-1", "-Dnode.bind-ip=127.0.0.1", "-Dnode.internal-address=127.0.0.1",
        "io.trino.server.TrinoServer",
    ];

    /// <summary>Writes everything but the catalogs of databases.</summary>
    public void Write()
    {
        Directory.CreateDirectory(Path.Combine(Etc, "catalog"));
        foreach (string old in Directory.EnumerateFiles(Path.Combine(Etc, "catalog"))) File.Delete(old);
        File.WriteAllText(
            Path.Combine(Etc, "config.properties"),
            $$"""
            coordinator=true
            node-scheduler.include-coordinator=true
            http-server.http.port=${ENV:{{PortVariable}}}
            discovery.uri=http://127.0.0.1:${ENV:{{PortVariable}}}
            query.max-memory=500MB
            query.max-memory-per-node=500MB

            """);
        File.WriteAllText(Path.Combine(Etc, "log.properties"), "io.trino=WARN\n");
        File.WriteAllText(
            Path.Combine(Etc, "catalog", "delta.properties"),
            $$"""
            connector.name=delta_lake
            hive.metastore=file
            hive.metastore.catalog.dir=local:///.trino
            fs.native-local.enabled=true
            local.location=${ENV:{{LakeVariable}}}
            delta.register-table-procedure.enabled=true

            """);

        // Trino looks for its plugins below the folder it runs in.
        LinkPlugins("plugin");
        LinkPlugins("secrets-plugin");
    }

    /// <summary>Writes a database's catalog. Where it is, and as whom to connect, is in variables that begin with <paramref name="prefix"/>.</summary>
    public void WriteDatabase(string catalog, string prefix)
    {
        Directory.CreateDirectory(Path.Combine(Etc, "catalog"));
        File.WriteAllText(
            Path.Combine(Etc, "catalog", catalog + ".properties"),
            $$"""
            connector.name=postgresql
            connection-url=${ENV:{{prefix}}_URL}
            connection-user=${ENV:{{prefix}}_USER}
            connection-password=${ENV:{{prefix}}_PASSWORD}

            """);
    }

    private void LinkPlugins(string name)
    {
        string target = Path.Combine(home, name), link = Path.Combine(folder, name);
        if (!Directory.Exists(target)) return;
        if (new DirectoryInfo(link) is { LinkTarget: not null } before) before.Delete();
        if (!Directory.Exists(link)) Directory.CreateSymbolicLink(link, target);
    }
}

using System.CommandLine;
using Lakehouse.Cli.Ingest;
using Lakehouse.Cli.Shell;
using Lakehouse.Engine;
using Lakehouse.Ingestion.Config;
using Lakehouse.Ingestion.Postgres;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse ingest</c>: the sources of a lakehouse.yaml into bronze.</summary>
public sealed class IngestCommand : CliCommand
{
    private const string DefaultConfig = "lakehouse.yaml";

    private readonly Option<string> _config = new("--config", "-c")
    {
        Description = $"The file that declares the sources; ./{DefaultConfig} when not given.",
        HelpName = "FILE",
        DefaultValueFactory = _ => DefaultConfig,
    };

    private readonly Option<string[]> _sources = new("--source", "-s")
    {
        Description = "Only this source of the file; may be given more than once.",
        HelpName = "NAME",
    };

    private readonly Option<bool> _once = new("--once")
    {
        Description = "End when everything that the sources have committed by now is in bronze.",
    };

    private readonly Option<string> _lake = CommonOptions.Lake();
    private readonly Option<bool> _json = CommonOptions.Json("Print each batch and each event as one line of JSON.");

    public IngestCommand()
        : base("ingest", "Bring PostgreSQL tables into bronze: a snapshot once, then every change, until Ctrl-C.")
    {
        Add(_config);
        Add(_sources);
        Add(_once);
        Add(_lake);
        Add(_json);
        Examples =
        [
            new("SHOP='Host=…;Database=shop;Username=…;Password=…' lakehouse ingest", $"All sources of ./{DefaultConfig}, until Ctrl-C; the next start goes on where this one ended."),
            new("lakehouse ingest --source shop --once", "Catches up with one source and ends."),
            new("lakehouse ingest --json | jq -c 'select(.event == \"batch\")'", "Batches as they come, for a script."),
        ];
    }

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        IngestionConfig config = IngestionConfig.Load(parsed.GetRequiredValue(_config));
        IReadOnlyList<PostgresSourceOptions> sources = Choose(config, parsed.GetValue(_sources) ?? []);
        await using LakeFolder folder = OpenLake(parsed, config);
        IngestionLog log = new(parsed.GetValue(_json));
        bool once = parsed.GetValue(_once);
        using CancellationTokenSource together = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] running = [.. sources.Select(source => IngestAsync(folder.Lake, source, log, once, together.Token))];
        await EndTogetherAsync(running, together);
        return cancellationToken.IsCancellationRequested ? ExitCode.Interrupted : log.AnyStopped ? ExitCode.Failed : ExitCode.Done;
    }

    private static IReadOnlyList<PostgresSourceOptions> Choose(IngestionConfig config, string[] names)
    {
        foreach (string name in names)
        {
            if (!config.Sources.Any(source => Matches(source, name)))
                throw new UsageException($"there is no source '{name}' in the file; it declares {string.Join(", ", config.Sources.Select(source => source.Name))}.");
        }
        return [.. config.Sources.Where(source => names.Length == 0 || names.Any(name => Matches(source, name))).Select(source => source.Resolve())];

        static bool Matches(SourceConfig source, string name) => source.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The command line's lake wins over the file's, and the file's over the default.</summary>
    private LakeFolder OpenLake(ParseResult parsed, IngestionConfig config) =>
        config.Lake is { } lake && parsed.GetResult(_lake) is not { Implicit: false }
            ? LakeFolder.ForWriting(lake)
            : LakeFolder.ForWriting(parsed, _lake);

    private static async Task IngestAsync(Lake lake, PostgresSourceOptions source, IngestionLog log, bool once, CancellationToken cancellationToken)
    {
        await using PostgresIngester ingester = new(lake, source, log);
        if (!once)
        {
            await ingester.RunAsync(cancellationToken);
            return;
        }
        await ingester.RunUntilAsync(await SourcePosition.ReadAsync(source, cancellationToken), cancellationToken);
        log.CaughtUp(source.Name, ingester.Position);
    }

    /// <summary>A source that fails ends the others too: somebody has to look, and half a pipeline looks like a whole one.</summary>
    private static async Task EndTogetherAsync(Task[] running, CancellationTokenSource together)
    {
        List<Task> open = [.. running];
        while (open.Count > 0)
        {
            Task ended = await Task.WhenAny(open);
            open.Remove(ended);
            if (!ended.IsCompletedSuccessfully)
                await together.CancelAsync();
        }
        if (running.FirstOrDefault(task => task.IsFaulted) is { } failed)
            await failed;
    }
}

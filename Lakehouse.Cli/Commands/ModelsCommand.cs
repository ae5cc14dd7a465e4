using System.CommandLine;
using Lakehouse.Cli.Models;
using Lakehouse.Cli.Output;
using Lakehouse.Cli.Shell;
using Lakehouse.Transform;

namespace Lakehouse.Cli.Commands;

/// <summary>What <c>run</c> and <c>test</c> have in common: a dbt project, a lake, a selection, and how results are told.</summary>
public abstract class ModelsCommand : CliCommand
{
    private readonly Option<string?> _project = new("--project", "-p")
    {
        Description = $"The dbt project's folder; {ModelProject.Variable}, . or ./models when not given.",
        HelpName = "FOLDER",
    };

    private readonly Option<bool> _sample = new("--sample") { Description = "The sample business's models, which come with lakehouse." };
    private readonly Option<string[]> _select = new("--select") { Description = "Only these nodes: a name, +name+, tag:, path:, as in dbt.", HelpName = "WHAT", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _exclude = new("--exclude") { Description = "All but these nodes.", HelpName = "WHAT", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _vars = new("--var") { Description = "A variable that takes the place of the project's; may be given more than once.", HelpName = "NAME=VALUE" };
    private readonly Option<int?> _threads = new("--threads") { Description = "How many nodes run at once.", HelpName = "N" };
    private readonly Option<string?> _target = new("--target") { Description = "Where dbt's artefacts go; the project's target folder when not given.", HelpName = "FOLDER" };
    private readonly Option<string> _lake = CommonOptions.Lake();
    private readonly Option<bool> _json = CommonOptions.Json("Print the results as one JSON object.");

    protected ModelsCommand(string name, string description)
        : base(name, description)
    {
        Add(_project);
        Add(_sample);
        Add(_select);
        Add(_exclude);
        Add(_vars);
        Add(_threads);
        Add(_target);
        Add(_lake);
        Add(_json);
        _threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1)
                result.AddError("--threads must be greater than zero.");
        });
    }

    /// <summary>Which nodes are built anew; <c>run</c> has an option for it.</summary>
    protected virtual bool FullRefresh(ParseResult parsed) => false;

    /// <summary>The command's own work.</summary>
    protected abstract Task<RunResults> WorkAsync(ModelRunner runner, CancellationToken cancellationToken);

    protected override async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string projectFolder = ModelProject.Find(parsed.GetValue(_project), parsed.GetValue(_sample));
        DbtProject project = DbtProject.Load(projectFolder, ModelProject.Variables(parsed.GetValue(_vars) ?? []));
        foreach (string warning in project.Warnings)
            Terminal.Error.WriteLine($"warning: {warning}");
        await using LakeFolder folder = LakeFolder.ForReading(parsed, _lake);
        RunOptions options = new()
        {
            Select = parsed.GetValue(_select) ?? [],
            Exclude = parsed.GetValue(_exclude) ?? [],
            FullRefresh = FullRefresh(parsed),
            TargetFolder = parsed.GetValue(_target) ?? (parsed.GetValue(_sample) ? null : Path.Combine(projectFolder, "target")),
        };
        if (parsed.GetValue(_threads) is { } threads)
            options = options with { Threads = threads };
        using RunLog log = new();
        await using ModelRunner runner = Runner(folder, project, options, log);
        RunResults results = await WorkAsync(runner, cancellationToken);
        log.Dispose();
        if (parsed.GetValue(_json))
            JsonOutput.Write(RunEntry.Of(results), CliJson.Default.RunEntry);
        else
            RunTable.Write(results);
        return results.Succeeded ? ExitCode.Done : ExitCode.Failed;
    }

    private static ModelRunner Runner(LakeFolder folder, DbtProject project, RunOptions options, RunLog log)
    {
        try
        {
            return new ModelRunner(folder.Lake, project, options, log);
        }
        catch (SelectionException error)
        {
            throw new UsageException(error.Message);
        }
    }
}

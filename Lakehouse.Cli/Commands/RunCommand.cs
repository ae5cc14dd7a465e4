using System.CommandLine;
using Lakehouse.Transform;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse run</c>: builds models.</summary>
public sealed class RunCommand : ModelsCommand
{
    private readonly Option<bool> _fullRefresh = new("--full-refresh") { Description = "Build incremental models anew from everything." };

    public RunCommand()
        : base("run", "Load a dbt project's seeds and build its models, incremental ones from what changed.")
    {
        Add(_fullRefresh);
        Examples =
        [
            new("lakehouse run", "The project in the current folder, over ./lake."),
            new("lakehouse run --sample --lake shop/lake", "The sample models over the lake that 'lakehouse demo --data shop' left."),
            new("lakehouse run --select +fact_sale --full-refresh", "One model and all it reads, from everything."),
        ];
    }

    protected override bool FullRefresh(ParseResult parsed) => parsed.GetValue(_fullRefresh);

    protected override async Task<RunResults> WorkAsync(ModelRunner runner, CancellationToken cancellationToken)
    {
        RunResults seeds = await runner.SeedAsync(cancellationToken);
        if (!seeds.Succeeded)
            return seeds;
        RunResults models = await runner.RunAsync(cancellationToken);
        return models with { StartedAt = seeds.StartedAt, Duration = seeds.Duration + models.Duration, Results = [.. seeds.Results, .. models.Results] };
    }
}

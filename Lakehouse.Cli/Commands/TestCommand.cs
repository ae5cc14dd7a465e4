using Lakehouse.Transform;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse test</c>: runs a project's tests on what is stored.</summary>
public sealed class TestCommand : ModelsCommand
{
    public TestCommand()
        : base("test", "Run a dbt project's tests on the lake; exit code 1 when one fails.") => Examples =
        [
            new("lakehouse test", "All tests of the project in the current folder."),
            new("lakehouse test --sample --lake shop/lake --select fact_sale", "The tests of one of the sample models."),
        ];

    protected override Task<RunResults> WorkAsync(ModelRunner runner, CancellationToken cancellationToken) => runner.TestAsync(cancellationToken);
}

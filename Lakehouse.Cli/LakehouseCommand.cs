using System.CommandLine;
using Lakehouse.Cli.Commands;
using Lakehouse.Cli.Shell;

namespace Lakehouse.Cli;

/// <summary>The <c>lakehouse</c> command: the tree of everything that can be asked of it.</summary>
public sealed class LakehouseCommand : RootCommand
{
    public LakehouseCommand()
        : base("A data lakehouse on your machine: PostgreSQL changes become open Delta tables and SQL answers.")
    {
        Add(new DemoCommand());
        Add(new SqlCommand());
        Add(new TablesCommand());
        Add(new HistoryCommand());
        Add(new DetailCommand());
        Add(new OptimizeCommand());
        Add(new TendCommand());
        Add(new ConvertCommand());
        Add(new VacuumCommand());
        Add(new RestoreCommand());
        Add(new IcebergCommand());
        Add(new IngestCommand());
        Add(new RunCommand());
        Add(new TestCommand());
        Add(new SimulateCommand());
        Add(new CompletionCommand());
        Add(CommonOptions.Verbose);
        HelpWithExamples.Use(this);
        SetAction(Usage.NoCommand);
    }
}

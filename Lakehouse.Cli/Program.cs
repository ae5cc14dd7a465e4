using System.CommandLine;
using Lakehouse.Cli;
using Lakehouse.Cli.Shell;

using Interruption interruption = Interruption.Listen();
ParseResult parsed = new LakehouseCommand().Parse(args);
if (parsed.Errors.Count > 0)
    return Usage.Report(parsed);
return await parsed.InvokeAsync(Invocation.Plain, interruption.Token);

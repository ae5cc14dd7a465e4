using Lakehouse.Engine.Tests.Faults;
using Lakehouse.Testing.Kills;
using Xunit.Runner.InProc.SystemConsole;

// The runner of the tests, or, for the tests that kill one, a writer in a process of its own.
return args switch
{
    [KilledWriter.Argument, var folder] => await KilledWriter.RunAsync(folder),
    [KilledProcess.Argument, var folder] when OperatingSystem.IsLinux() => await KilledProcess.RunAsync(folder),
    _ => await ConsoleRunner.Run(args),
};

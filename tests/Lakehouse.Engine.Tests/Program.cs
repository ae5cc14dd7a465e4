using Lakehouse.Engine.Tests.Faults;
using Xunit.Runner.InProc.SystemConsole;

// The runner of the tests, or, for the tests that kill one, a writer in a process of its own.
return args is [KilledWriter.Argument, var folder] ? await KilledWriter.RunAsync(folder) : await ConsoleRunner.Run(args);

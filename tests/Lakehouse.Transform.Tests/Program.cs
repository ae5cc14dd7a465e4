using Lakehouse.Transform.Tests;
using Xunit.Runner.InProc.SystemConsole;

// The runner of the tests, or, for the tests that kill one, a run of the sample models in a process of its own.
return args is [KilledRun.Argument, var folder] ? await KilledRun.RunAsync(folder) : await ConsoleRunner.Run(args);

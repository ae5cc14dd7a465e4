using Lakehouse.S3.Tests;
using Xunit.Runner.InProc.SystemConsole;

return args is [Appender.Argument, ..] ? await Appender.RunAsync(args) : await ConsoleRunner.Run(args);

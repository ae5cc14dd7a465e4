namespace Lakehouse.Cli.Shell;

/// <summary>A command line worth copying, and what it does.</summary>
public readonly record struct Example(string CommandLine, string What);

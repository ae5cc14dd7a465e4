namespace Lakehouse.Cli.Shell;

/// <summary>Whoever read standard output closed it.</summary>
public sealed class BrokenPipeException(IOException inner) : Exception("The reader of standard output went away.", inner);

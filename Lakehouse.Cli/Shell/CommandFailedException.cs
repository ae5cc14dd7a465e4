namespace Lakehouse.Cli.Shell;

/// <summary>A command's own failure, whose message is already the sentence to show; ends in <see cref="ExitCode.Failed"/>.</summary>
public sealed class CommandFailedException(string message, Exception? inner = null) : Exception(message, inner);

namespace Lakehouse.Testing.Engines;

/// <summary>An engine's process ended, or ends, while a test still asked it; the message holds its exit code and its last lines.</summary>
public sealed class EngineEndedException(string message, Exception inner) : Exception(message, inner);

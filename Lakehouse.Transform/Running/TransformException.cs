namespace Lakehouse.Transform;

/// <summary>A node cannot be run; the message names it and says what to do.</summary>
public sealed class TransformException(string message, Exception? inner = null) : Exception(message, inner);

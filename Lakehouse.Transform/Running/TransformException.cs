namespace Lakehouse.Transform;

/// <summary>A node cannot be run; the message names it and says what to do.</summary>
public class TransformException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Another run has made the commit that this one was about to make; this one has not written the model.</summary>
internal sealed class OvertakenException(string message) : TransformException(message);

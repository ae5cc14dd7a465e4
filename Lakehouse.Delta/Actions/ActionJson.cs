namespace Lakehouse.Delta;

/// <summary>Actions as the JSON of a commit's lines, for codecs that put them into other formats (<see cref="ICheckpointCodec"/>).</summary>
public static class ActionJson
{
    /// <summary>The action of one line; null when it is of a kind that this implementation does not know.</summary>
    /// <exception cref="FormatException">The line is JSON, but no action.</exception>
    /// <exception cref="System.Text.Json.JsonException">The line is no JSON.</exception>
    public static DeltaAction? Read(ReadOnlySpan<byte> line) => ActionReader.Read(line);

    /// <summary>Writes actions, each on a line.</summary>
    public static void Write(Stream output, IEnumerable<DeltaAction> actions)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(actions);
        using ActionWriter writer = new();
        foreach (DeltaAction action in actions)
        {
            writer.Clear();
            writer.Write(action);
            output.Write(writer.Written.Span);
        }
    }
}

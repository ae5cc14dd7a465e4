using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Lakehouse.Cli.Shell;

namespace Lakehouse.Cli.Output;

/// <summary>Objects as JSON on standard output.</summary>
public static class JsonOutput
{
    /// <summary>Prints one indented document.</summary>
    public static void Write<T>(T value, JsonTypeInfo<T> type)
    {
        using (Utf8JsonWriter writer = new(Terminal.OutStream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            JsonSerializer.Serialize(writer, value, type);
        Terminal.OutStream.Write("\n"u8);
    }

    /// <summary>Prints one line, for streams of events (NDJSON), and lets the reader have it at once.</summary>
    public static void WriteLine<T>(T value, JsonTypeInfo<T> type)
    {
        byte[] line = JsonSerializer.SerializeToUtf8Bytes(value, type);
        lock (Terminal.OutStream)
            Terminal.OutStream.Write([.. line, (byte)'\n']);
    }
}

using System.Globalization;

namespace Lakehouse.Ingestion.Sample;

/// <summary>The SQL files of the sample business, compiled into the assembly.</summary>
internal static class SampleSql
{
    /// <summary>A file's text with its <c>{name}</c> places filled in; only whole numbers go in, so nothing needs quoting.</summary>
    public static string Read(string name, params ReadOnlySpan<(string Place, long Value)> places)
    {
        using Stream stream = typeof(SampleSql).Assembly.GetManifestResourceStream($"Sample/{name}.sql")
            ?? throw new InvalidOperationException($"The assembly holds no SQL file '{name}'.");
        using var reader = new StreamReader(stream);
        string text = reader.ReadToEnd();
        foreach ((string place, long value) in places)
            text = text.Replace($"{{{place}}}", value.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return text;
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Lakehouse.Catalog.Migrations;

/// <summary>One numbered step of the database's schema, from <c>Migrations/NNN_name.sql</c>.</summary>
/// <param name="Number">Its place; numbers have no gaps.</param>
/// <param name="Name">The file's name without extension.</param>
/// <param name="Sql">What it runs.</param>
internal sealed record Migration(int Number, string Name, string Sql)
{
    private const string Folder = "Migrations/";

    /// <summary>What tells an applied migration from one that was changed afterwards.</summary>
    public string Checksum { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));

    /// <summary>The migrations that this program knows, in order.</summary>
    public static IReadOnlyList<Migration> All { get; } = Load();

    private static List<Migration> Load()
    {
        var all = new List<Migration>();
        foreach (string resource in typeof(Migration).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(Folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(typeof(Migration).Assembly.GetManifestResourceStream(resource)!);
            string name = Path.GetFileNameWithoutExtension(resource);
            all.Add(new Migration(int.Parse(name.AsSpan(0, name.IndexOf('_', StringComparison.Ordinal)), CultureInfo.InvariantCulture), name, reader.ReadToEnd()));
        }
        return all;
    }
}

using System.Globalization;
using System.Text;

namespace Lakehouse.Testing.Fuzz;

/// <summary>Changes bytes the way faults, strange writers and attackers do.</summary>
internal static class Mutator
{
    private static readonly string[] Tokens =
    [
        "null", "true", "-1", "0", "1e400", "-0.0", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999999999", "1.5",
        "\"\"", "\"\\ud800\"", "\"\\u0000\"", "\"../../etc\"", "\"%2e%2e%2f\"", "\"file:///dev/null\"", "\"s3://b/k\"", "[]", "{}", "[[[[]]]]", "{\"a\":{\"b\":{\"c\":[1,{}]}}}",
        "\"interval 99999999999999999 weeks\"", "\"2026-13-45\"", "\"NaN\"", "\"\\u00e9\\u202e\"", "1e-400", "\"9999-12-31T23:59:59.999999Z\"", "2147483648", "4294967296",
    ];

    /// <summary>Some changes anywhere.</summary>
    public static byte[] Bytes(Random random, byte[] source)
    {
        List<byte> bytes = [.. source];
        for (int i = random.Next(1, 4); i > 0 && bytes.Count > 0; i--)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 24), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 4: bytes.RemoveRange(at, bytes.Count - at); break;
                case 5: bytes.InsertRange(at, Enumerable.Range(0, length).Select(_ => (byte)random.Next(256))); break;
                default:
                    for (int j = 0; j < length; j++) bytes[at + j] = random.Next(2) == 0 ? (byte)0 : (byte)255;
                    break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Some changes of JSON that leave it JSON, mostly: values of other kinds, fields twice, deep nesting, lines twice or gone.</summary>
    public static byte[] Json(Random random, byte[] source)
    {
        if (random.Next(3) == 0) return Bytes(random, source);
        string text = Encoding.UTF8.GetString(source);
        for (int i = random.Next(1, 3); i > 0; i--)
        {
            int colon = Nth(text, ':', random);
            if (colon < 0) break;
            int end = EndOfValue(text, colon + 1);
            text = random.Next(8) switch
            {
                0 => text[..(colon + 1)] + Nested(random) + text[end..],
                1 => text[..end] + "," + text[(text.LastIndexOf('"', Math.Max(0, text.LastIndexOf('"', colon) - 1)) is var begin and >= 0 ? begin : 0)..end] + text[end..],
                2 => text[..(colon + 1)] + Number(random) + text[end..],
                3 => Lines(random, text),
                _ => text[..(colon + 1)] + Tokens[random.Next(Tokens.Length)] + text[end..],
            };
        }

        return Encoding.UTF8.GetBytes(text);
    }

    private static string Lines(Random random, string text)
    {
        List<string> lines = [.. text.Split('\n')];
        int at = random.Next(lines.Count);
        switch (random.Next(3))
        {
            case 0: lines.RemoveAt(at); break;
            case 1: lines.Insert(at, lines[random.Next(lines.Count)]); break;
            default: lines[at] = Nested(random); break;
        }

        return string.Join('\n', lines);
    }

    private static string Number(Random random) => random.Next(3) switch
    {
        0 => random.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture),
        1 => new string('9', random.Next(1, 400)),
        _ => random.NextDouble().ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Nested(Random random)
    {
        int depth = random.Next(1, 600);
        return random.Next(2) == 0
            ? new string('[', depth) + new string(']', depth)
            : string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
    }

    /// <summary>The place of one of the characters, chosen at random.</summary>
    private static int Nth(string text, char character, Random random)
    {
        int count = text.Count(c => c == character);
        if (count == 0) return -1;
        int at = -1;
        for (int i = random.Next(count); i >= 0; i--) at = text.IndexOf(character, at + 1);
        return at;
    }

    private static int EndOfValue(string text, int start)
    {
        int depth = 0;
        bool quoted = false;
        for (int i = start; i < text.Length; i++)
        {
            char c = text[i];
            if (quoted)
            {
                if (c == '\\') i++;
                else if (c == '"') quoted = false;
            }
            else if (c == '"')
            {
                quoted = true;
            }
            else if (c is '{' or '[')
            {
                depth++;
            }
            else if (c is '}' or ']' or ',' or '\n')
            {
                if (depth == 0) return i;
                if (c is '}' or ']') depth--;
            }
        }

        return text.Length;
    }
}

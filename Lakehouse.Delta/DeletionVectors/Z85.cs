using System.Buffers.Binary;

namespace Lakehouse.Delta;

/// <summary>Base 85 as ZeroMQ RFC 32 defines it: five characters for four bytes.</summary>
internal static class Z85
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

    private static readonly sbyte[] Values = BuildValues();

    /// <summary>Encodes bytes. A length that is no multiple of four is filled up with zeros, as Delta's writers do.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        int groups = (bytes.Length + 3) / 4;
        char[] text = new char[groups * 5];
        Span<byte> last = stackalloc byte[4];
        for (int group = 0; group < groups; group++)
        {
            scoped ReadOnlySpan<byte> quad = bytes[(group * 4)..];
            if (quad.Length < 4)
            {
                last.Clear();
                quad.CopyTo(last);
                quad = last;
            }

            uint value = BinaryPrimitives.ReadUInt32BigEndian(quad);
            for (int i = 4; i >= 0; i--)
            {
                text[(group * 5) + i] = Alphabet[(int)(value % 85)];
                value /= 85;
            }
        }

        return new string(text);
    }

    /// <summary>Decodes text.</summary>
    /// <exception cref="FormatException">The text is no Z85.</exception>
    public static byte[] Decode(ReadOnlySpan<char> text)
    {
        if (text.Length % 5 != 0) throw new FormatException($"a Z85 text of {text.Length} characters does not come in fives");
        byte[] bytes = new byte[text.Length / 5 * 4];
        for (int group = 0; group < bytes.Length / 4; group++)
        {
            ulong value = 0;
            foreach (char character in text.Slice(group * 5, 5))
            {
                int digit = character < Values.Length ? Values[character] : -1;
                if (digit < 0) throw new FormatException($"'{character}' is no Z85 character");
                value = (value * 85) + (uint)digit;
            }

            if (value > uint.MaxValue) throw new FormatException("a Z85 group stands for more than four bytes");
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(group * 4), (uint)value);
        }

        return bytes;
    }

    private static sbyte[] BuildValues()
    {
        sbyte[] values = new sbyte[128];
        Array.Fill(values, (sbyte)-1);
        for (int i = 0; i < Alphabet.Length; i++) values[Alphabet[i]] = (sbyte)i;
        return values;
    }
}

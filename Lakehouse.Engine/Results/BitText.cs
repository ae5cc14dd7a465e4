namespace Lakehouse.Engine.Results;

/// <summary>Strings of bits as text.</summary>
internal static class BitText
{
    /// <summary>Zeros and ones. DuckDB keeps the number of padding bits in the first byte; they lead the second.</summary>
    public static string Of(ReadOnlySpan<byte> stored)
    {
        if (stored.Length < 2)
            return "";
        char[] bits = new char[((stored.Length - 1) * 8) - stored[0]];
        for (int i = 0; i < bits.Length; i++)
        {
            int at = i + stored[0];
            bits[i] = (stored[1 + (at / 8)] >> (7 - (at % 8)) & 1) == 0 ? '0' : '1';
        }
        return new string(bits);
    }
}

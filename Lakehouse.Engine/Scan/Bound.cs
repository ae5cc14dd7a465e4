using System.Text;
using System.Text.Json;
using Lakehouse.Delta;
using Lakehouse.Engine.Sql;

namespace Lakehouse.Engine.Scan;

/// <summary>The least or greatest value that statistics tell; of the kind <see cref="JsonTokenType.None"/> where they tell none.</summary>
/// <param name="kind">What it is.</param>
/// <param name="text">As it stands there; of a string, what is between its quotes.</param>
/// <param name="isEscaped">Whether the text holds escapes.</param>
internal readonly ref struct Bound(JsonTokenType kind, ReadOnlySpan<byte> text, bool isEscaped)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public JsonTokenType Kind { get; } = kind;

    public ReadOnlySpan<byte> Text { get; } = text;

    public bool IsEscaped { get; } = isEscaped;

    /// <summary>The value as it is compared; null where it is none of the type, or no value at all.</summary>
    public SqlConstant? Read(DeltaType type)
    {
        switch (Kind)
        {
            case JsonTokenType.String:
                try
                {
                    return SqlConstant.Parse(IsEscaped ? Unescape() : Strict.GetString(Text), type);
                }
                catch (Exception exception) when (exception is InvalidOperationException or DecoderFallbackException)
                {
                    // No text, or half of a pair of surrogates, which is JSON but no text either.
                    return null;
                }
            case JsonTokenType.Number when type != PrimitiveType.String:
                return SqlConstant.Parse(Encoding.UTF8.GetString(Text), type);
            case JsonTokenType.True or JsonTokenType.False:
                return new SqlConstant.Truth(Kind == JsonTokenType.True);
            default:
                return null;
        }
    }

    private string Unescape()
    {
        var reader = new Utf8JsonReader((byte[])[(byte)'"', .. Text, (byte)'"']);
        reader.Read();
        return reader.GetString()!;
    }
}

using System.Text;
using Lakehouse.DuckDb;
using Lakehouse.Engine.Results;

namespace Lakehouse.Cli.Output;

/// <summary>
/// Columns lined up, numbers to the right. Widths come from the first rows, which are held back; a later value that is
/// wider pushes its line, and nothing is ever cut.
/// </summary>
public sealed class TableResultWriter(TextWriter output) : ResultWriter
{
    /// <summary>Rows that may be held back to find the widths.</summary>
    private const int MeasuredRows = 4 * 2048;
    private const string Null = "NULL";

    public override long Write(DuckDbResult result, CancellationToken cancellationToken)
    {
        List<string[]> measured = [];
        bool more = true;
        while (measured.Count < MeasuredRows && (more = result.NextChunk(cancellationToken)))
        {
            for (int row = 0; row < result.RowCount; row++)
                measured.Add(ReadRow(result, row));
        }
        Layout layout = new([.. result.Columns.Select(column => OneLine(column.Name))], [.. result.Columns.Select(column => IsRightAligned(column.Type.Id))], measured);
        layout.WriteHeader(output);
        foreach (string[] row in measured)
            layout.WriteRow(output, row);
        long rows = measured.Count;
        while (more && result.NextChunk(cancellationToken))
        {
            for (int row = 0; row < result.RowCount; row++, rows++)
                layout.WriteRow(output, ReadRow(result, row));
        }
        return rows;
    }

    /// <summary>Prints rows that are already text, in the same layout.</summary>
    public void Write(IReadOnlyList<string> columns, IReadOnlyList<bool> rightAligned, IReadOnlyList<string[]> rows)
    {
        Layout layout = new([.. columns], [.. rightAligned], rows);
        layout.WriteHeader(output);
        foreach (string[] row in rows)
            layout.WriteRow(output, row);
    }

    private static string[] ReadRow(DuckDbResult result, int row)
    {
        string[] cells = new string[result.Columns.Count];
        for (int column = 0; column < cells.Length; column++)
            cells[column] = OneLine(ResultText.Read(result.Column(column), row) ?? Null);
        return cells;
    }

    private static string OneLine(string text) => text.AsSpan().IndexOfAny('\n', '\r', '\t') < 0
        ? text
        : text.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);

    private static bool IsRightAligned(DuckDbTypeId type) => type is DuckDbTypeId.TinyInt or DuckDbTypeId.SmallInt or DuckDbTypeId.Integer or DuckDbTypeId.BigInt
        or DuckDbTypeId.UTinyInt or DuckDbTypeId.USmallInt or DuckDbTypeId.UInteger or DuckDbTypeId.UBigInt or DuckDbTypeId.HugeInt or DuckDbTypeId.UHugeInt
        or DuckDbTypeId.Decimal or DuckDbTypeId.Float or DuckDbTypeId.Double;

    private sealed class Layout
    {
        private readonly string[] _names;
        private readonly bool[] _right;
        private readonly int[] _widths;

        public Layout(string[] names, bool[] right, IReadOnlyList<string[]> rows)
        {
            _names = names;
            _right = right;
            _widths = [.. names.Select(CellWidth)];
            foreach (string[] row in rows)
            {
                for (int column = 0; column < row.Length; column++)
                    _widths[column] = Math.Max(_widths[column], CellWidth(row[column]));
            }
        }

        public void WriteHeader(TextWriter output)
        {
            WriteRow(output, _names);
            output.Write(string.Join("-+-", _widths.Select(width => new string('-', width))));
            output.Write('\n');
        }

        public void WriteRow(TextWriter output, string[] cells)
        {
            for (int column = 0; column < cells.Length; column++)
            {
                if (column > 0)
                    output.Write(" | ");
                int padding = Math.Max(_widths[column] - CellWidth(cells[column]), 0);
                bool last = column == cells.Length - 1;
                output.Write(_right[column] ? new string(' ', padding) + cells[column] : cells[column] + (last ? "" : new string(' ', padding)));
            }
            output.Write('\n');
        }

        /// <summary>Columns on a terminal: wide (East Asian, emoji) runes take two, combining ones none.</summary>
        private static int CellWidth(string text)
        {
            int width = 0;
            foreach (Rune rune in text.EnumerateRunes())
                width += RuneWidth(rune);
            return width;
        }

        private static int RuneWidth(Rune rune) => rune.Value switch
        {
            < 0x300 => 1,
            _ when Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.EnclosingMark => 0,
            >= 0x1100 and <= 0x115F or >= 0x2E80 and <= 0xA4CF or >= 0xAC00 and <= 0xD7A3 or >= 0xF900 and <= 0xFAFF
                or >= 0xFE30 and <= 0xFE6F or >= 0xFF00 and <= 0xFF60 or >= 0xFFE0 and <= 0xFFE6 or >= 0x1F300 and <= 0x1FAFF or >= 0x20000 and <= 0x3FFFD => 2,
            _ => 1,
        };
    }
}

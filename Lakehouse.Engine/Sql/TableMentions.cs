namespace Lakehouse.Engine.Sql;

/// <summary>Finds in SQL text every <c>schema.table</c> that may be a table, whatever the statement.</summary>
/// <remarks>The answer may hold more than tables (an <c>alias.column</c> looks alike); the caller looks each up. It never misses a
/// table that the text names, unless the SQL builds the name at run time.</remarks>
internal static class TableMentions
{
    public static IReadOnlyCollection<TableName> Find(IReadOnlyList<SqlToken> tokens)
    {
        var names = new HashSet<TableName>();
        for (var i = 0; i + 2 < tokens.Count; i++)
        {
            if (!tokens[i].IsName || !tokens[i + 1].Is('.') || !tokens[i + 2].IsName) continue;
            if (TableName.IsValidPart(tokens[i].Value) && TableName.IsValidPart(tokens[i + 2].Value))
                names.Add(new TableName(tokens[i].Value, tokens[i + 2].Value));
        }
        return names;
    }
}

using Lakehouse.ServiceDefaults.Clients.Lake;
using Microsoft.Extensions.Logging;

namespace Lakehouse.ServiceDefaults.Tests;

public sealed class TableWarningsTests
{
    [Fact]
    public void A_warning_is_logged_once_for_each_table_and_state()
    {
        Lines lines = new();
        TableWarnings warnings = new(lines);
        for (int commit = 0; commit < 3; commit++)
        {
            warnings.Tell("t.a", "its Iceberg metadata was not written", "variant", $"version {commit}: the column 'v' is a variant");
            warnings.Tell("t.b", "its Iceberg metadata was not written", "variant", "the column 'v' is a variant");
        }

        warnings.Tell("t.a", "a checkpoint was not written", "IOException", "disk full");
        warnings.Tell("t.a", "its Iceberg metadata was not written", "IOException", "disk full");
        warnings.Tell("t.a", "its Iceberg metadata was not written", "variant", "version 9: the column 'v' is a variant");

        Assert.Equal(["t.a version 0", "t.b", "t.a", "t.a", "t.a version 9"], lines.Written);
    }

    private sealed class Lines : ILogger<TableWarnings>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            string line = formatter(state, exception);
            int table = line.IndexOf(" t.", StringComparison.Ordinal) + 1, version = line.IndexOf("version", StringComparison.Ordinal);
            Written.Add(line[table..(table + 3)] + (version < 0 ? "" : $" {line[version..(version + 9)]}"));
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using Lakehouse.Delta;
using Lakehouse.Engine;

namespace Lakehouse.S3.Tests;

/// <summary>A process that appends to one table, a row a commit.</summary>
internal static class Appender
{
    public const string Argument = "append";

    /// <summary>The lake's address, which holds keys, goes by the environment and not by the command line.</summary>
    private const string LakeVariable = "APPENDER_LAKE";

    /// <summary>Starts a process that appends rows (<paramref name="writer"/>, 0), (<paramref name="writer"/>, 1), …</summary>
    public static Process Start(string lake, int writer, int commits)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in new[] { "exec", typeof(Appender).Assembly.Location, Argument, Text(writer), Text(commits) }) start.ArgumentList.Add(argument);
        start.Environment[LakeVariable] = lake;
        return Process.Start(start)!;
    }

    public static async Task<int> RunAsync(string[] args)
    {
        await using Lake lake = Lake.Open(Environment.GetEnvironmentVariable(LakeVariable)!, new LakeOptions { Threads = 1, MemoryLimit = "200MB" });
        await AppendAsync(lake, args[1], int.Parse(args[2], CultureInfo.InvariantCulture), CancellationToken.None);
        return 0;
    }

    /// <summary>Appends so many rows, each by a commit of its own; versions as they came.</summary>
    public static async Task<List<long>> AppendAsync(Lake lake, string writer, int commits, CancellationToken cancellationToken)
    {
        await using LakeSession session = lake.OpenSession();
        LakeTable table = lake.Table(TableName.Parse("race.rows"));
        List<long> versions = [];
        for (int i = 0; i < commits; i++)
        {
            CommitResult result = await table.AppendAsync(session.Connection, $"SELECT {writer} AS writer, {Text(i)} AS number", cancellationToken: cancellationToken);
            versions.Add(result.Version);
        }

        return versions;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

namespace Lakehouse.Cli.Demo;

/// <summary>What the demo found out; <c>lakehouse demo --json</c> prints it.</summary>
public sealed record DemoReport
{
    /// <summary>Whether every answer of gold equals the source's.</summary>
    public bool Equal => Answers.All(answer => answer.Equal);

    /// <summary>The source's position at which both were asked.</summary>
    public required string Lsn { get; init; }

    public required IReadOnlyList<DemoAnswer> Answers { get; init; }

    public required DemoTimings Timings { get; init; }

    public required DemoFreshness Freshness { get; init; }

    /// <summary>What somebody should look at.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The most memory that this process and PostgreSQL took together, in MiB, each shared page counted once; null where the system does not tell.</summary>
    public double? PeakMemoryMiB { get; init; }

    /// <summary>The lake's folder; null when it was a temporary one.</summary>
    public string? Lake { get; init; }
}

/// <summary>One question, answered by gold and by the source.</summary>
/// <param name="Name">A short name.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Columns">The columns of both answers.</param>
/// <param name="Rows">Gold's rows.</param>
/// <param name="SourceRows">PostgreSQL's rows.</param>
/// <param name="LakeMs">How long gold took, in milliseconds.</param>
/// <param name="SourceMs">How long PostgreSQL took, in milliseconds.</param>
public sealed record DemoAnswer(
    string Name,
    string Question,
    IReadOnlyList<string> Columns,
    IReadOnlyList<IReadOnlyList<string?>> Rows,
    IReadOnlyList<IReadOnlyList<string?>> SourceRows,
    double LakeMs,
    double SourceMs)
{
    /// <summary>Whether both have the same rows in the same order.</summary>
    public bool Equal => Rows.Count == SourceRows.Count && Rows.Zip(SourceRows).All(pair => pair.First.SequenceEqual(pair.Second));
}

/// <summary>How long things took, in seconds, and how fast they were; filled in as the demo goes on.</summary>
public sealed record DemoTimings
{
    public double StartPostgresSeconds { get; set; }

    /// <summary>Rows seeded; 0 when the business was there already.</summary>
    public long SeededRows { get; set; }

    public double SeedSeconds { get; set; }

    /// <summary>Rows copied to bronze; 0 when they were there already.</summary>
    public long SnapshotRows { get; set; }

    /// <summary>From the start of the ingestion until bronze had all of the source.</summary>
    public double SnapshotSeconds { get; set; }

    public double SnapshotRowsPerSecond => SnapshotSeconds > 0 ? Math.Round(SnapshotRows / SnapshotSeconds) : 0;

    /// <summary>The first model run, and the first answer out of gold.</summary>
    public double FirstModelsSeconds { get; set; }

    /// <summary>From the start of this process to the first answer out of gold.</summary>
    public double FirstGoldAnswerSeconds { get; set; }

    /// <summary>Rows that the simulator changed.</summary>
    public long Changes { get; set; }

    public long Transactions { get; set; }

    /// <summary>How long the simulator wrote.</summary>
    public double StreamSeconds { get; set; }

    public double StreamRowsPerSecond => StreamSeconds > 0 ? Math.Round(Changes / StreamSeconds) : 0;

    /// <summary>Model runs while changes streamed.</summary>
    public int ModelRuns { get; set; }

    public double MedianModelRunSeconds { get; set; }

    /// <summary>From the end of the changes until gold had them all.</summary>
    public double CatchUpSeconds { get; set; }
}

/// <summary>How old the news is where it becomes visible: from the commit at the source, over the simulated transactions.</summary>
/// <param name="Transactions">Transactions that were followed.</param>
/// <param name="Bronze">Until visible in bronze.</param>
/// <param name="Silver">Until visible in silver.</param>
/// <param name="Gold">Until visible in gold.</param>
public sealed record DemoFreshness(int Transactions, Percentiles Bronze, Percentiles Silver, Percentiles Gold);

/// <summary>Percentiles of delays in milliseconds.</summary>
public sealed record Percentiles(double P50, double P95, double P99)
{
    /// <summary>Nearest-rank percentiles; zeros for nothing.</summary>
    public static Percentiles Of(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Percentiles(Rank(0.50), Rank(0.95), Rank(0.99));

        double Rank(double share) => sorted.Length == 0 ? 0 : Math.Round(sorted[Math.Max((int)Math.Ceiling(share * sorted.Length) - 1, 0)], 1);
    }
}

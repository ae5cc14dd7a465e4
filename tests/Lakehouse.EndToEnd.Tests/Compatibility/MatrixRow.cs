using Lakehouse.Delta;
using Lakehouse.DuckDb;
using Lakehouse.Engine;

namespace Lakehouse.EndToEnd.Tests.Compatibility;

/// <summary>A table of the matrix as one engine reads it, and what is wrong with it if anything is.</summary>
/// <param name="feature">What the table uses, as docs/compatibility.md calls it.</param>
/// <param name="place">Where we find it: a folder or an address.</param>
/// <param name="feed">The first version of the change data feed to compare too; null = none.</param>
/// <param name="known">A difference that is known, for the document; null = the rows must be equal.</param>
public sealed class MatrixRow(string feature, string place, int? feed = null, string? known = null)
{
    private readonly List<(string Asked, List<string> Here)> _answers = [];

    /// <summary>What the table uses.</summary>
    public string Feature => feature;

    /// <summary>Where we find it.</summary>
    public string Place => place;

    /// <summary>The first version of the change data feed to compare too.</summary>
    public int? Feed => feed;

    /// <summary>What went wrong; null = nothing.</summary>
    public string? Fault { get; set; }

    /// <summary>Whether something is wrong that is not known.</summary>
    public bool IsWrong => Fault is not null && known is null;

    /// <summary>What the document says.</summary>
    public string Outcome => Fault is null ? "equal" : known ?? "wrong";

    /// <summary>The rows that we see.</summary>
    public IReadOnlyList<(string Asked, List<string> Here)> Answers => _answers;

    /// <summary>Takes a step unless one before has failed; its failure is the row's.</summary>
    public async Task TryAsync(Func<Task> step)
    {
        if (Fault is not null) return;
        try
        {
            await step();
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or EngineException or DeltaException or DuckDbException)
        {
            Fault = exception.Message;
        }
    }

    /// <summary>Keeps the rows that we see, to be held against the other engine's answer to <paramref name="asked"/>.</summary>
    public void Expect(string asked, List<string> here) => _answers.Add((asked, here));

    /// <summary>Holds what we see against what another engine sees, in any order.</summary>
    public void Compare(List<string> here, List<string> there)
    {
        here.Sort(StringComparer.Ordinal);
        there.Sort(StringComparer.Ordinal);
        if (here.Count == 0) Fault ??= "no rows, so nothing is shown";
        else if (!here.SequenceEqual(there))
            Fault ??= $"{here.Count} rows here, {there.Count} there; only here: {string.Join("; ", here.Except(there).Take(3))}; only there: {string.Join("; ", there.Except(here).Take(3))}";
    }
}

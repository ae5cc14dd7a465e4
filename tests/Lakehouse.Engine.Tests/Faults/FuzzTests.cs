using System.Globalization;
using Lakehouse.Testing.Fuzz;

namespace Lakehouse.Engine.Tests.Faults;

/// <summary>
/// Seeded inputs for everything that reads what others wrote. One of them again: <c>LAKEHOUSE_FUZZ_SEED</c>; more of them:
/// <c>LAKEHOUSE_FUZZ</c>, or <c>Lakehouse.Bench fuzz</c>.
/// </summary>
public sealed class FuzzTests
{
    private const int FirstSeed = 1;

    public static TheoryData<string> Targets => [.. FuzzTarget.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Any_input_gives_a_right_answer_or_an_error_that_is_meant_for_it(string name)
    {
        var target = FuzzTarget.All.Single(target => target.Name == name);
        var only = Setting("LAKEHOUSE_FUZZ_SEED");
        var first = only ?? FirstSeed;
        var count = only is null ? Setting("LAKEHOUSE_FUZZ") ?? 10_000 / FuzzTarget.All.Count : 1;
        TestContext.Current.TestOutputHelper?.WriteLine($"seeds {first} to {first + count - 1}");

        // A thread without a synchronization context: an input is read from beginning to end on it.
        var failure = await Task.Run(async () =>
        {
            for (var seed = first; seed < first + count; seed++)
                if (await target.TryAsync(seed) is { } wrong) return wrong;
            return null;
        });

        Assert.True(failure is null, failure);
    }

    private static int? Setting(string name) => int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;
}

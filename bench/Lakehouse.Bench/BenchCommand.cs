using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lakehouse.Bench;

/// <summary>The command line of the benches: which to run, how to print, what the exit code says.</summary>
internal static class BenchCommand
{
    /// <summary>So that <c>&lt;=</c> stays readable in the line.</summary>
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Exit codes: 0 every figure holds, 1 one falls short or a bench failed, 2 wrong usage, 130 interrupted.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<IBench> benches, string[] args)
    {
        bool json = args.Contains("--json");
        bool quick = args.Contains("--quick");
        string[] names = [.. args.Where(arg => arg is not ("--json" or "--quick"))];
        if (names.Intersect(["--help", "-h"]).Any())
        {
            PrintUsage(benches, Console.Out);
            return 0;
        }

        string[] unknown = [.. names.Where(name => name != "all" && benches.All(bench => bench.Name != name))];
        if (names.Length == 0 || unknown.Length > 0)
        {
            foreach (string name in unknown)
                await Console.Error.WriteLineAsync($"There is no bench named '{name}'.");
            PrintUsage(benches, Console.Error);
            return 2;
        }

        using var interrupt = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) => { press.Cancel = true; interrupt.Cancel(); };
        bool allHold = true;
        if (quick)
            await Console.Error.WriteLineAsync("# quick run on little data: it tells whether a bench works, not how fast we are");
        foreach (IBench bench in benches.Where(bench => names.Contains("all") || names.Contains(bench.Name)))
        {
            DirectoryInfo folder = Directory.CreateTempSubdirectory("lakehouse-bench-");
            try
            {
                await Console.Error.WriteLineAsync($"# {bench.Name}: {bench.Summary}");
                foreach (Figure figure in await bench.RunAsync(new BenchContext(folder.FullName, quick, Console.Error, interrupt.Token)))
                {
                    allHold &= figure.Holds;
                    Console.WriteLine(json ? JsonSerializer.Serialize(figure, Json) : AsTableRow(figure));
                }
            }
            catch (OperationCanceledException) when (interrupt.IsCancellationRequested)
            {
                return 130;
            }
            catch (Exception exception)
            {
                // The figures of the other benches are still wanted.
                await Console.Error.WriteLineAsync($"{bench.Name} failed: {(exception is BenchException ? exception.Message : exception)}");
                allHold = false;
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }

        return allHold ? 0 : 1;
    }

    private static string AsTableRow(Figure figure) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {figure.Name} | {figure.Value:0.###} {figure.Unit} | {figure.Yardstick} | {figure.Reach} | {(figure.Holds ? "holds" : "FALLS SHORT")} | {figure.PeakMb:0} MB |");

    private static void PrintUsage(IReadOnlyList<IBench> benches, TextWriter output)
    {
        output.WriteLine("usage: Lakehouse.Bench NAME…|all [--quick] [--json]");
        output.WriteLine("Measures each figure beside its yardstick. Exit code 0: all hold; 1: one falls short or failed; 2: wrong usage; 130: interrupted.");
        output.WriteLine("  --json   one line of JSON a figure, with name, value, unit, yardstick, reach, holds, peak_mb");
        output.WriteLine("  --quick  little data: whether the benches work, not how fast we are");
        output.WriteLine("Benches:");
        foreach (IBench bench in benches)
            output.WriteLine($"  {bench.Name,-12} {bench.Summary}");
    }
}

using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;
using Lakehouse.Engine;
using Lakehouse.Testing.Writes;

namespace Lakehouse.Testing.Kills;

/// <summary>A process that does verbs as it is told on its input, a line each, and dies by its own SIGKILL at the step that the line names.
/// Programs that sweep run it when their first argument is <see cref="Argument"/>.</summary>
public static class KilledProcess
{
    /// <summary>The program's first argument; the second is the sweep's folder.</summary>
    public const string Argument = "kill-at-a-step";

    /// <summary>What it says when it did a verb and lives.</summary>
    internal const string Survived = "survived";

    /// <summary>The lake of a sweep's folder.</summary>
    internal static string LakeOf(string folder) => Path.Combine(folder, "lake");

    /// <summary>How both sides open it.</summary>
    internal static LakeOptions OptionsOf(string folder) => new() { Threads = 1, MemoryLimit = "300MB", TempFolder = Path.Combine(folder, "temp") };

    /// <summary>One line of input.</summary>
    internal static string Order(WriteVerb verb, TableName table, KillStep step) => $"{verb.Name}\t{table}\t{step}";

    /// <summary>Works until it is killed or its input ends.</summary>
    [SupportedOSPlatform("linux")]
    public static async Task<int> RunAsync(string folder)
    {
        KillStep? step = null;
        FlakyObjectStore? store = null;
        long before = 0;
        await using Lake lake = Lake.Open(LakeOf(folder), OptionsOf(folder) with { WrapStore = inner => store = new FlakyObjectStore(inner, Begin, End) });
        await using LakeSession session = lake.OpenSession();
        while (await Console.In.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            string[] order = line.Split('\t');
            WriteVerb verb = WriteVerb.All.Single(verb => verb.Name == order[0]);
            before = store!.Calls;
            step = KillStep.Parse(order[2]);
            if (step is { Moment: KillMoment.Growing, At: var bytes }) FileSizeLimit.Set(bytes);
            await verb.CompleteAsync(lake.Table(TableName.Parse(order[1])), session).ConfigureAwait(false);
            step = null;
            FileSizeLimit.Lift();
            await Console.Out.WriteLineAsync(Survived).ConfigureAwait(false);
            await Console.Out.FlushAsync().ConfigureAwait(false);
        }

        return 0;

        Fault Begin(StoreCall call)
        {
            if (Is(KillMoment.Before, call)) Die();
            if (Is(KillMoment.Within, call)) FileSizeLimit.Set(call.Bytes / 2);
            return Fault.None;
        }

        void End(StoreCall call)
        {
            if (Is(KillMoment.After, call)) Die();
        }

        bool Is(KillMoment moment, StoreCall call) => step is { } wanted && wanted.Moment == moment && wanted.At == call.Number - before;
    }

    /// <summary>The kernel ends every thread before the call that sends the signal could return.</summary>
    [DoesNotReturn]
    private static void Die()
    {
        using Process self = Process.GetCurrentProcess();
        self.Kill();
        throw new UnreachableException("The process went on after its own SIGKILL.");
    }
}

using Lakehouse.Cli.Shell;
using Spectre.Console;

namespace Lakehouse.Cli.Demo;

/// <summary>The demo's stages on standard error: bars where somebody watches, else a line when a stage is through.</summary>
public sealed class DemoProgress
{
    private readonly ProgressContext? _bars;

    private DemoProgress(ProgressContext? bars) => _bars = bars;

    /// <summary>Runs <paramref name="work"/> with its progress shown.</summary>
    public static Task<T> ShowAsync<T>(Func<DemoProgress, Task<T>> work)
    {
        if (!Terminal.ErrorIsInteractive)
            return work(new DemoProgress(null));
        return Terminal.ErrorMarkup.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn())
            .StartAsync(bars => work(new DemoProgress(bars)));
    }

    /// <summary>A stage begins; dispose it when it ends.</summary>
    public Stage Begin(string title) => new(title, _bars?.AddTask(Markup.Escape(title)));

    /// <summary>One stage.</summary>
    public sealed class Stage(string title, ProgressTask? bar) : IDisposable
    {
        private string? _outcome;

        /// <summary>How far it is, 0 to 1.</summary>
        public void Report(double fraction, string? note = null)
        {
            if (bar is null)
                return;
            bar.Value = Math.Clamp(fraction, 0, 1) * bar.MaxValue;
            if (note is not null)
                bar.Description = Markup.Escape($"{title}: {note}");
        }

        /// <summary>What came of it.</summary>
        public void Done(FormattableString outcome) => _outcome = outcome.ToString(System.Globalization.CultureInfo.InvariantCulture);

        public void Dispose()
        {
            if (bar is null)
            {
                if (_outcome is not null)
                    Terminal.Error.WriteLine($"{title}: {_outcome}");
                return;
            }
            if (_outcome is null)
                return;
            bar.Value = bar.MaxValue;
            bar.Description = Markup.Escape($"{title}: {_outcome}");
            bar.StopTask();
        }
    }
}

namespace Lakehouse.Cli.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Help_goes_to_standard_output_and_lists_the_commands()
    {
        LakehouseResult result = await LakehouseProcess.RunAsync("--help");
        Assert.True(result.ExitCode == 0 && result.Error.Length == 0, result.ToString());
        Assert.Contains("simulate", result.Out, StringComparison.Ordinal);
        Assert.Contains("completion", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("simulate")]
    [InlineData("demo")]
    [InlineData("sql")]
    [InlineData("ingest")]
    [InlineData("run")]
    [InlineData("test")]
    [InlineData("completion")]
    public async Task Help_of_a_command_ends_with_examples(string command)
    {
        LakehouseResult result = await LakehouseProcess.RunAsync(command, "--help");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("Examples:", result.Out, StringComparison.Ordinal);
        Assert.Contains($"lakehouse {command}", result.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("nosuch")]
    [InlineData("simulate", "--rate", "-3")]
    [InlineData("simulate", "--duration", "soon")]
    [InlineData("simulate", "--pattern", "chaos")]
    [InlineData("simulate")]
    [InlineData("completion", "fish")]
    [InlineData("demo", "--scale", "0")]
    [InlineData("demo", "--nosuch")]
    [InlineData("sql", " ; ")]
    [InlineData("history", "orders")]
    public async Task Wrong_usage_is_exit_code_2_and_leaves_standard_output_empty(params string[] arguments)
    {
        LakehouseResult result = await LakehouseProcess.RunAsync(arguments);
        Assert.True(result.ExitCode == 2 && result.Out.Length == 0 && result.Error.Length > 0, result.ToString());
    }

    [Fact]
    public async Task A_failed_job_is_exit_code_1_and_one_sentence_without_a_stack_trace()
    {
        LakehouseResult result = await LakehouseProcess.RunAsync("simulate", "--connection", "Host=127.0.0.1;Port=1;Username=nobody");
        Assert.True(result.ExitCode == 1 && result.Out.Length == 0, result.ToString());
        Assert.StartsWith("lakehouse: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbose_adds_the_stack_trace()
    {
        LakehouseResult result = await LakehouseProcess.RunAsync("simulate", "--connection", "Host=127.0.0.1;Port=1;Username=nobody", "--verbose");
        Assert.Contains("   at ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lakehouse si", "simulate")]
    [InlineData("lakehouse simulate --pattern ", "burst")]
    [InlineData("lakehouse completion ", "zsh")]
    public async Task The_suggest_directive_completes(string line, string expected)
    {
        LakehouseResult result = await LakehouseProcess.RunAsync($"[suggest:{line.Length}]", line);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains(expected, result.Out.Split('\n', StringSplitOptions.TrimEntries));
    }

    [Theory]
    [InlineData("bash", "complete -o default -F")]
    [InlineData("zsh", "#compdef lakehouse")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Completion_prints_a_script(string shell, string expected)
    {
        LakehouseResult result = await LakehouseProcess.RunAsync("completion", shell);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains(expected, result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_printed_to_a_pipe_holds_escape_sequences()
    {
        LakehouseResult result = await LakehouseProcess.RunAsync("--help");
        Assert.DoesNotContain('\u001b', result.Out + result.Error);
    }
}

using System.CommandLine;
using Lakehouse.Cli.Shell;

namespace Lakehouse.Cli.Commands;

/// <summary><c>lakehouse completion</c>: prints the script that makes a shell complete this command's words.</summary>
/// <remarks>The scripts ask the program itself, through System.CommandLine's <c>[suggest]</c> directive, so they never go stale.</remarks>
public sealed class CompletionCommand : CliCommand
{
    private const string Bash = """
        # lakehouse completion for bash: eval "$(lakehouse completion bash)"
        _lakehouse_complete() {
            local IFS=$'\n'
            local words
            words="$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" || words=""
            COMPREPLY=( $(compgen -W "${words}" -- "${COMP_WORDS[COMP_CWORD]}") )
        }
        complete -o default -F _lakehouse_complete lakehouse
        """;

    private const string Zsh = """
        #compdef lakehouse
        # lakehouse completion for zsh: eval "$(lakehouse completion zsh)"
        _lakehouse() {
            local -a words_found
            words_found=("${(@f)$(lakehouse "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            if [[ -n "${words_found[1]}" ]]; then
                compadd -- "${words_found[@]}"
            else
                _files
            fi
        }
        compdef _lakehouse lakehouse
        """;

    private const string PowerShell = """
        # lakehouse completion for PowerShell: lakehouse completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName lakehouse -ScriptBlock {
            param($wordToComplete, $commandAst, $cursorPosition)
            lakehouse "[suggest:$cursorPosition]" "$commandAst" 2>$null | Where-Object { $_ } | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }
        """;

    private readonly Argument<string> _shell = new("shell") { Description = "The shell to make a script for." };

    public CompletionCommand()
        : base("completion", "Print the script that completes lakehouse's words in your shell.")
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "pwsh");
        Add(_shell);
        Examples =
        [
            new("echo 'eval \"$(lakehouse completion bash)\"' >> ~/.bashrc", "Bash, from the next shell on."),
            new("echo 'eval \"$(lakehouse completion zsh)\"' >> ~/.zshrc", "Zsh; after compinit."),
            new("lakehouse completion pwsh >> $PROFILE", "PowerShell."),
        ];
    }

    protected override Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        Terminal.Out.WriteLine(parsed.GetRequiredValue(_shell) switch { "bash" => Bash, "zsh" => Zsh, _ => PowerShell });
        return Task.FromResult(ExitCode.Done);
    }
}

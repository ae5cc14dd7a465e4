using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting.Tests.Model;

public sealed class ParameterTests
{
    [Fact]
    public async Task A_generated_value_is_the_same_in_the_next_run_and_lies_where_only_its_owner_reads()
    {
        IDistributedApplicationBuilder builder = Variables.Builder();
        string? first = await Password(builder).GetValueAsync(default);
        Assert.Equal(22, first!.Length);

        IDistributedApplicationBuilder next = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { ProjectDirectory = builder.AppHostDirectory });
        Assert.Equal(first, await Password(next).GetValueAsync(default));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(builder.AppHostDirectory, ".lakehouse", "secrets.json")));

        static ParameterResource Password(IDistributedApplicationBuilder builder) => ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, "pg-password");
    }

    [Fact]
    public async Task AppHosts_that_start_together_agree_on_a_generated_value()
    {
        string folder = Variables.Builder().AppHostDirectory;
        string?[] values = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            IDistributedApplicationBuilder builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { ProjectDirectory = folder });
            return await ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, "shared").GetValueAsync(default);
        })));
        Assert.Single(values.Distinct());
    }

    [Fact]
    public async Task Configuration_wins_over_a_default_and_hyphens_may_be_underscores()
    {
        IDistributedApplicationBuilder builder = Variables.Builder("--Parameters:my_key=given");
        var key = builder.AddParameter("my-key", new GenerateParameterDefault { MinLength = 30 });
        Assert.Equal("given", await key.Resource.GetValueAsync(default));
    }

    [Fact]
    public async Task A_parameter_without_a_value_says_how_to_give_it_one()
    {
        var missing = await Assert.ThrowsAsync<MissingParameterValueException>(async () => await Variables.Builder().AddParameter("my-key").Resource.GetValueAsync(default));
        Assert.Contains("Parameters__my_key", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_is_never_published_as_a_default() =>
        Assert.Throws<ArgumentException>(() => Variables.Builder().AddParameter("key", "value", publishValueAsDefault: true, secret: true));

    [Theory]
    [InlineData(true, true, true, true, 3)]
    [InlineData(true, false, false, false, 0)]
    public void A_generated_value_has_the_characters_that_are_allowed_and_asked_for(bool lower, bool upper, bool numeric, bool special, int minSpecial)
    {
        string value = new GenerateParameterDefault { MinLength = 40, Lower = lower, Upper = upper, Numeric = numeric, Special = special, MinSpecial = minSpecial }.GetDefaultValue();
        Assert.Equal(40, value.Length);
        Assert.True(value.Count(c => !char.IsAsciiLetterOrDigit(c)) >= minSpecial);
        if (!upper && !numeric && !special)
            Assert.All(value, c => Assert.True(char.IsAsciiLetterLower(c)));
    }
}

using Aspire.Hosting;
using Aspire.Hosting.Dashboard;
using Microsoft.Extensions.Configuration;

namespace Lakehouse.Hosting.Tests.Dashboard;

public sealed class DashboardOptionsTests
{
    [Fact]
    public void Without_settings_it_takes_free_ports_and_asks_for_a_token_and_a_key()
    {
        var options = From();
        Assert.Equal(("http", 0), (Assert.Single(options.Urls).Scheme, options.Urls[0].Port));
        Assert.Equal(32, options.BrowserToken!.Length);
        Assert.Equal(32, options.OtlpApiKey!.Length);
        Assert.NotEqual(options.OtlpApiKey, options.ResourceServiceApiKey);
    }

    [Fact]
    public void The_launch_profile_says_where_it_listens()
    {
        var options = From(
            ("ASPIRE_ALLOW_UNSECURED_TRANSPORT", "true"),
            ("ASPNETCORE_URLS", "http://localhost:15888"),
            ("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "http://localhost:15889"),
            ("ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL", "http://localhost:15890"));
        Assert.Equal((15888, 15889, 15890), (Assert.Single(options.Urls).Port, options.OtlpGrpcUrl.Port, options.ResourceServicePort));
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://localhost:15888", "ASPIRE_ALLOW_UNSECURED_TRANSPORT=true")]
    [InlineData("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL", "http://localhost:15889", "ASPIRE_ALLOW_UNSECURED_TRANSPORT=true")]
    [InlineData("ASPNETCORE_URLS", "somewhere", "not an http or https address")]
    public void What_cannot_be_is_refused_with_the_name_of_the_setting(string setting, string value, string reason)
    {
        var refused = Assert.Throws<DistributedApplicationException>(() => From((setting, value)));
        Assert.StartsWith(setting, refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_https_address_needs_no_permission()
        => Assert.Equal("https", Assert.Single(From(("ASPNETCORE_URLS", "https://localhost:17000")).Urls).Scheme);

    [Fact]
    public void Anonymous_access_asks_for_nothing()
    {
        var options = From(("ASPIRE_DASHBOARD_UNSECURED_ALLOW_ANONYMOUS", "true"));
        Assert.Equal((null, null), (options.BrowserToken, options.OtlpApiKey));
    }

    [Fact]
    public void Settings_of_the_dashboard_are_passed_on_except_those_that_are_translated()
    {
        var options = From(("ASPIRE_DASHBOARD_AI_DISABLED", "true"), ("ASPIRE_DASHBOARD_FRONTEND_BROWSERTOKEN", "abc"));
        Assert.Equal("ASPIRE_DASHBOARD_AI_DISABLED", Assert.Single(options.PassedOn).Key);
        Assert.Equal("abc", options.BrowserToken);
    }

    private static DashboardOptions From(params (string Name, string Value)[] settings) => DashboardOptions.From(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Name, s => (string?)s.Value)).Build(), "Shop", allowUnsecuredTransport: false);
}

using Lakehouse.ServiceDefaults.Discovery;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Lakehouse.ServiceDefaults.Tests;

public sealed class ServiceEndpointsTests
{
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["services:catalog:http:0"] = "http://localhost:5001",
        ["services:both:http:0"] = "http://localhost:5002",
        ["services:both:https:0"] = "https://localhost:5003",
        ["services:both:admin:0"] = "http://localhost:5004",
        ["services:base:http:0"] = "http://localhost:5005/root/",
        ["services:bare:http:0"] = "10.0.0.1:81",
    };

    [Theory]
    [InlineData("http://catalog/api/v1/tables?limit=2", "http://localhost:5001/api/v1/tables?limit=2")]
    [InlineData("https+http://catalog/", "http://localhost:5001/")]
    [InlineData("https+http://both/x", "https://localhost:5003/x")]
    [InlineData("http+https://both/x", "http://localhost:5002/x")]
    [InlineData("http://both/x", "http://localhost:5002/x")]
    [InlineData("http://_admin.both/x", "http://localhost:5004/x")]
    [InlineData("http://base/x", "http://localhost:5005/root/x")]
    [InlineData("http://bare/x", "http://10.0.0.1:81/x")]
    [InlineData("http://CATALOG/x", "http://localhost:5001/x")]
    [InlineData("http://elsewhere.example:8080/x", "http://elsewhere.example:8080/x")]
    [InlineData("https://catalog/x", "https://catalog/x")]
    [InlineData("https+http://elsewhere/x", "https://elsewhere/x")]
    public void A_name_is_resolved_by_configuration(string asked, string expected)
    {
        var endpoints = new ServiceEndpoints(new ConfigurationBuilder().AddInMemoryCollection(Settings).Build());
        Assert.Equal(new Uri(expected), endpoints.Resolve(new Uri(asked)));
    }

    [Fact]
    public async Task Replicas_take_turns()
    {
        await using TestService one = await TestService.StartAsync(app => app.MapGet("/who", () => "one"));
        await using TestService two = await TestService.StartAsync(app => app.MapGet("/who", () => "two"));
        await using TestService caller = await TestService.StartAsync(
            settings: [("services:who:http:0", one.Address.ToString()), ("services:who:http:1", two.Address.ToString())]);
        List<string> answers = [];
        for (int i = 0; i < 4; i++)
        {
            using HttpClient client = caller.Client();
            answers.Add(await client.GetStringAsync(new Uri("https+http://who/who"), TestContext.Current.CancellationToken));
        }
        Assert.Equal(["one", "two", "one", "two"], answers);
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Lakehouse.ServiceDefaults.Tests;

public sealed class RequestActivitiesTests
{
    [Fact]
    public async Task A_request_is_told_by_its_route_and_probes_of_health_are_not()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using (TestService service = await TestService.StartAsync(app => app.MapGet("/things/{id}", (int id) => Results.StatusCode(500 + id))))
        {
            using var client = new HttpClient { BaseAddress = service.Address };
            using HttpResponseMessage thing = await client.GetAsync("/things/3", TestContext.Current.CancellationToken);
            using HttpResponseMessage probe = await client.GetAsync("/health", TestContext.Current.CancellationToken);
        }
        Activity told = Assert.Single(ended, activity => activity.Recorded && activity.DisplayName == "GET /things/{id}");
        Assert.Equal(503, told.GetTagItem("http.response.status_code"));
        Assert.Equal("/things/{id}", told.GetTagItem("http.route"));
        Assert.Equal(ActivityStatusCode.Error, told.Status);
        Assert.DoesNotContain(ended, activity => activity.Recorded && activity.DisplayName.Contains("/health", StringComparison.Ordinal));
    }
}

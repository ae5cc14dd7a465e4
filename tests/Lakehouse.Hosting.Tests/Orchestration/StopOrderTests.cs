using System.Collections.Concurrent;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;

namespace Lakehouse.Hosting.Tests.Orchestration;

public sealed class StopOrderTests
{
    private readonly IDistributedApplicationBuilder builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true });

    [Fact]
    public async Task What_waited_for_another_stops_before_it_also_through_a_part_of_it_and_one_that_has_ended()
    {
        var server = builder.AddPostgres("server");
        var database = server.AddDatabase("database");
        var seed = Program("seed").WaitFor(database);
        var reader = Program("reader").WaitForCompletion(seed);
        var user = Program("user").WaitFor(reader);
        Assert.Equal(["user", "reader", "seed", "server"], await OrderAsync(server.Resource, seed.Resource, user.Resource, reader.Resource));
    }

    [Fact]
    public async Task Resources_that_need_nothing_of_each_other_or_each_other_stop_side_by_side()
    {
        var (a, b, c) = (Program("a"), Program("b"), Program("c"));
        b.WaitFor(c);
        c.WaitFor(b);
        // None ends before all three were asked to.
        using var all = new CountdownEvent(3);
        await StopOrder.RunAsync([a.Resource, b.Resource, c.Resource], _ => Task.Run(() =>
        {
            all.Signal();
            Assert.True(all.Wait(TimeSpan.FromMinutes(1)));
        }));
    }

    private IResourceBuilder<ExecutableResource> Program(string name) => builder.AddExecutable(name, "true", ".");

    private static async Task<IReadOnlyList<string>> OrderAsync(params IResource[] resources)
    {
        var order = new ConcurrentQueue<string>();
        await StopOrder.RunAsync(resources, async resource =>
        {
            await Task.Yield();
            order.Enqueue(resource.Name);
        });
        return [.. order];
    }
}

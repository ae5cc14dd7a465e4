using System.Text.Json;
using System.Threading.Channels;
using Lakehouse.ServiceDefaults.Clients.Catalog;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Lakehouse.ServiceDefaults.Tests;

public sealed class TableAnnouncementsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_refusing_catalog_was_not_told_it_is_told_later_and_only_the_newest_of_each_table()
    {
        int calls = 0;
        var told = Channel.CreateUnbounded<JsonElement>();
        await using TestService catalog = await TestService.StartAsync(app => app.MapPut("/api/v1/tables", (JsonElement body) =>
        {
            if (Interlocked.Increment(ref calls) == 1) return Results.BadRequest();
            told.Writer.TryWrite(body.Clone());
            return Results.NoContent();
        }));
        await using TestService writer = await TestService.StartAsync(
            configure: builder => builder.AddTableAnnouncements(), settings: [("services:catalog:http:0", catalog.Address.ToString())]);
        TableAnnouncements announcements = writer.Services.GetRequiredService<TableAnnouncements>();
        announcements.Announce("bronze.orders", 3);
        announcements.Announce("bronze.orders", 5);
        announcements.Announce("bronze.orders", 4);
        JsonElement first = await told.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.Contains(first.EnumerateArray(), table => table.GetProperty("table").GetString() == "bronze.orders" && table.GetProperty("version").GetInt64() == 5);
        Assert.Single(first.EnumerateArray());
    }

    [Fact]
    public async Task Without_a_catalog_nothing_is_registered()
    {
        await using TestService writer = await TestService.StartAsync(configure: builder => builder.AddTableAnnouncements());
        Assert.Null(writer.Services.GetService<TableAnnouncements>());
    }
}

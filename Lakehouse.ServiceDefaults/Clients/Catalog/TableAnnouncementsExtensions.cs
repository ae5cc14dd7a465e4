using Lakehouse.ServiceDefaults.Clients.Catalog;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers what tells the catalog of new table versions.</summary>
public static class TableAnnouncementsExtensions
{
    /// <summary>
    /// Registers <see cref="TableAnnouncements"/> to the service of that name. Where configuration names no such service
    /// nothing is registered: take it as optional.
    /// </summary>
    public static void AddTableAnnouncements(this IHostApplicationBuilder builder, string serviceName = TableAnnouncements.ClientName)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!builder.Configuration.GetSection($"services:{serviceName}").Exists()) return;
        builder.Services.AddHttpClient(TableAnnouncements.ClientName, client => client.BaseAddress = new Uri($"https+http://{serviceName}/"));
        builder.Services.AddSingleton<TableAnnouncements>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TableAnnouncements>());
    }
}

using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>A resource whose endpoints others find by its name: <c>services__{name}__{scheme}__{index}</c>.</summary>
public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;

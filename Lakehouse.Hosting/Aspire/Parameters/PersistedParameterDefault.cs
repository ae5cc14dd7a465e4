using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Publishing;

namespace Aspire.Hosting;

/// <summary>A default that is made once and then the same in every run.</summary>
internal sealed class PersistedParameterDefault(IDistributedApplicationBuilder builder, string name, ParameterDefault inner) : ParameterDefault
{
    public override void WriteToManifest(ManifestPublishingContext context) => inner.WriteToManifest(context);

    public override string GetDefaultValue() => SecretStore.Of(builder).GetOrAdd(ParameterValues.Key(name), inner.GetDefaultValue);
}

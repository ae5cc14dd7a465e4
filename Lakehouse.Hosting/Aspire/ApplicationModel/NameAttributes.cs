namespace Aspire.Hosting.ApplicationModel;

/// <summary>A parameter that names something in the model, which analyzers check.</summary>
public interface IModelNameParameter;

/// <summary>Marks a parameter as the name of an endpoint.</summary>
[AttributeUsage(AttributeTargets.Parameter, AllowMultiple = false)]
public sealed class EndpointNameAttribute : Attribute, IModelNameParameter;

/// <summary>Marks a parameter as the name of a resource.</summary>
[AttributeUsage(AttributeTargets.Parameter, AllowMultiple = false)]
public sealed class ResourceNameAttribute : Attribute, IModelNameParameter;

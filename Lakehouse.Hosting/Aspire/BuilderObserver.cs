using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Sees an AppHost being built from outside its program, as tests do, and may change it.</summary>
internal interface IBuilderObserver
{
    /// <summary>Before anything is read.</summary>
    void OnConstructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings);

    /// <summary>Before the program adds its resources.</summary>
    void OnConstructed(DistributedApplicationBuilder builder);

    /// <summary>After it added them.</summary>
    void OnBuilding(DistributedApplicationBuilder builder);

    void OnBuilt(DistributedApplication application);
}

/// <summary>Whoever watches builders that are made in this flow of control, so that instances beside each other do not meet.</summary>
internal static class BuilderObserver
{
    private static readonly AsyncLocal<IBuilderObserver?> Observer = new();

    public static IBuilderObserver? Current
    {
        get => Observer.Value;
        set => Observer.Value = value;
    }

    /// <summary>Does something while the observer watches the builders that are made in it.</summary>
    public static T Observe<T>(IBuilderObserver observer, Func<T> action)
    {
        IBuilderObserver? before = Current;
        Current = observer;
        try
        {
            return action();
        }
        finally
        {
            Current = before;
        }
    }
}

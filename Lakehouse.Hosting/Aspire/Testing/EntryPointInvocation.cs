using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>
/// Runs the program of an AppHost until it has built its application, which is then taken from it: what comes after
/// <c>Build()</c> in the program, its <c>Run()</c> above all, does not happen.
/// </summary>
internal sealed class EntryPointInvocation(
    Assembly assembly, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configure) : IBuilderObserver
{
    private readonly TaskCompletionSource<DistributedApplicationBuilder> _building = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts the program and returns its builder when it is about to build.</summary>
    /// <exception cref="InvalidOperationException">It has no entry point, or ends without building. Its own exceptions are thrown as they are.</exception>
    public Task<DistributedApplicationBuilder> StartAsync(CancellationToken cancellationToken)
    {
        var entryPoint = assembly.EntryPoint ?? throw new InvalidOperationException($"The assembly '{assembly.GetName().Name}' has no entry point: is it an AppHost?");
        // A thread of its own: a program may block it as it likes.
        new Thread(() => Run(entryPoint)) { IsBackground = true, Name = $"{assembly.GetName().Name} (entry point)" }.Start();
        return _building.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Lets the program build and returns what it built.</summary>
    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        _mayBuild.TrySetResult();
        return _built.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Ends the program without letting it build; does nothing once it may.</summary>
    public void Abandon() => _mayBuild.TrySetException(new ProgramEndedException());

    void IBuilderObserver.OnConstructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
        var name = assembly.GetName().Name;
        options.AssemblyName ??= name;
        settings.ApplicationName ??= name;
        configure(options, settings);
    }

    void IBuilderObserver.OnConstructed(DistributedApplicationBuilder builder) => TestingDefaults.RandomizePorts(builder.Configuration);

    void IBuilderObserver.OnBuilding(DistributedApplicationBuilder builder)
    {
        _building.TrySetResult(builder);
        _mayBuild.Task.GetAwaiter().GetResult();
    }

    void IBuilderObserver.OnBuilt(DistributedApplication application)
    {
        _built.TrySetResult(application);
        throw new ProgramEndedException();
    }

    private void Run(MethodInfo entryPoint)
    {
        try
        {
            BuilderObserver.Observe(this, () => entryPoint.Invoke(null, BindingFlags.DoNotWrapExceptions, null, entryPoint.GetParameters() is [] ? null : [args], null));
            Fail(new InvalidOperationException($"The program of '{assembly.GetName().Name}' ended without building a distributed application."));
        }
        catch (ProgramEndedException)
        {
            Fail(new ObjectDisposedException(nameof(IDistributedApplicationTestingBuilder), "The builder was disposed before it built."));
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Tells whoever waits; those who have what they wanted are not concerned.</summary>
    private void Fail(Exception exception)
    {
        _building.TrySetException(exception);
        _built.TrySetException(exception);
        // Observed, whether or not somebody waits.
        _ = (_building.Task.Exception, _built.Task.Exception);
    }

    /// <summary>Leaves the program from within.</summary>
    private sealed class ProgramEndedException() : Exception("A test took over from here; this is not a failure.");
}

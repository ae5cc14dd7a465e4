using System.Collections.Concurrent;
using Lakehouse.Engine;

namespace Lakehouse.Transform;

/// <summary>Sessions for the workers of a runner, kept from run to run: opening one costs more than a small model.</summary>
internal sealed class SessionPool(Lake lake) : IAsyncDisposable
{
    private readonly ConcurrentBag<LakeSession> _idle = [];

    public LakeSession Rent() => _idle.TryTake(out var session) ? session : lake.OpenSession();

    public void Return(LakeSession session) => _idle.Add(session);

    public async ValueTask DisposeAsync()
    {
        while (_idle.TryTake(out var session))
            await session.DisposeAsync().ConfigureAwait(false);
    }
}

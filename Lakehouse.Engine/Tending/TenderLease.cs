using System.Globalization;
using System.Text.Json;
using Lakehouse.Storage;

namespace Lakehouse.Engine.Tending;

/// <summary>
/// Says to which tender a lake belongs, in objects <c>_lakehouse/tender/N.json</c> of which the highest N counts: each is put if absent, so that of
/// several that see the same one expire, one gets the next. It saves work, and protects nothing: two tenders at once are harmless, as
/// commits of either leave the other's standing.
/// </summary>
internal sealed class TenderLease(IObjectStore store, string owner, TimeSpan length, TimeProvider time)
{
    private const string Prefix = "_lakehouse/tender/";

    /// <summary>Takes the lease, or keeps it.</summary>
    /// <returns>The owner to whom it belongs; null when that is us.</returns>
    public async Task<string?> TakeAsync(CancellationToken cancellationToken)
    {
        var (last, lease) = await ReadAsync(cancellationToken).ConfigureAwait(false);
        if (lease is not null && lease.Owner != owner && lease.Until > time.GetUtcNow()) return lease.Owner;
        return await PutAsync(last + 1, length, cancellationToken).ConfigureAwait(false)
            ? null
            : (await ReadAsync(cancellationToken).ConfigureAwait(false)).Lease?.Owner ?? "another";
    }

    /// <summary>Gives the lease back, where it is still ours.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        var (last, lease) = await ReadAsync(cancellationToken).ConfigureAwait(false);
        if (lease?.Owner == owner) await PutAsync(last + 1, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
    }

    private async Task<(long Last, Lease? Lease)> ReadAsync(CancellationToken cancellationToken)
    {
        string? key = null;
        await foreach (var info in store.ListAsync(Prefix, null, cancellationToken).ConfigureAwait(false))
            if (NumberOf(info.Key) is not null) key = info.Key;
        if (key is null) return (0, null);
        try
        {
            await using var content = await store.OpenReadAsync(key, cancellationToken).ConfigureAwait(false);
            return (NumberOf(key)!.Value, await JsonSerializer.DeserializeAsync<Lease>(content, JsonSerializerOptions.Web, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is ObjectNotFoundException or JsonException)
        {
            // The next one is there already, or somebody else wrote it: whoever puts the next number has the lease.
            return (NumberOf(key)!.Value, null);
        }
    }

    private async Task<bool> PutAsync(long number, TimeSpan valid, CancellationToken cancellationToken)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(new Lease(owner, time.GetUtcNow() + valid), JsonSerializerOptions.Web);
        if (!await store.TryPutIfAbsentAsync(KeyOf(number), bytes, cancellationToken).ConfigureAwait(false)) return false;
        if (number > 1) await store.DeleteAsync(KeyOf(number - 1), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static string KeyOf(long number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:D20}.json");

    private static long? NumberOf(string key) =>
        key.EndsWith(".json", StringComparison.Ordinal) && long.TryParse(key.AsSpan(Prefix.Length, key.Length - Prefix.Length - 5), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private sealed record Lease(string Owner, DateTimeOffset Until);
}

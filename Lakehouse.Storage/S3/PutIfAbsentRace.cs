namespace Lakehouse.Storage.S3;

/// <summary>
/// A race for a key of its own: servers are known that ignore <c>If-None-Match</c>, that refuse it, and that keep it only while
/// nobody races. Exactly one racer must win, the object must be the winner's, and a late comer must be refused.
/// </summary>
internal sealed class PutIfAbsentRace(ConditionalPut puts, S3Options options)
{
    private const int Racers = 16;
    private const int Rounds = 2;

    /// <summary>Runs the race.</summary>
    /// <returns>What the bucket did wrong; null when it keeps put-if-absent.</returns>
    /// <exception cref="StorageException">The bucket cannot be written at all.</exception>
    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        for (int round = 0; round < Rounds; round++)
        {
            string key = $"_lakehouse/put-if-absent/{Guid.NewGuid():N}";
            try
            {
                if (await RunAsync(key, cancellationToken).ConfigureAwait(false) is { } fault) return fault;
            }
            finally
            {
                await puts.DeleteQuietlyAsync(key).ConfigureAwait(false);
            }
        }

        return null;
    }

    private async Task<string?> RunAsync(string key, CancellationToken cancellationToken)
    {
        TaskCompletionSource start = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<bool>[] racers = [.. Enumerable.Range(0, Racers).Select(racer => RaceAsync(racer))];
        start.SetResult();
        try
        {
            int winners = (await Task.WhenAll(racers).ConfigureAwait(false)).Count(won => won);
            if (winners != 1) return $"of {Racers} racing puts {winners} were accepted, where one must be";
            return await puts.PutAsync(key, "late"u8.ToArray(), isConditional: true, cancellationToken).ConfigureAwait(false) ? "a put under a key that was taken was accepted" : null;
        }
        catch (StorageException exception) when (exception.InnerException is Amazon.Runtime.AmazonServiceException { StatusCode: System.Net.HttpStatusCode.NotImplemented or System.Net.HttpStatusCode.BadRequest } refusal)
        {
            return $"the server refuses the condition ({(int)refusal.StatusCode} {refusal.ErrorCode})";
        }

        async Task<bool> RaceAsync(int racer)
        {
            await start.Task.ConfigureAwait(false);
            return await puts.PutAsync(key, System.Text.Encoding.UTF8.GetBytes($"racer {racer} of {options.Bucket}"), isConditional: true, cancellationToken).ConfigureAwait(false);
        }
    }
}

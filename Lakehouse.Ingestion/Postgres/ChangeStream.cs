using System.Diagnostics;
using Lakehouse.Ingestion.Bronze;
using Lakehouse.Ingestion.Postgres.Source;
using Lakehouse.Ingestion.Postgres.Types;
using Lakehouse.Ingestion.Postgres.Wire;
using Npgsql.Replication;
using Npgsql.Replication.Internal;
using Npgsql.Replication.PgOutput;
using NpgsqlTypes;

namespace Lakehouse.Ingestion.Postgres;

/// <summary>A table that the source's patterns choose, with its bronze table.</summary>
internal sealed record ChosenTable(SourceTable Source, BronzeTable Bronze);

/// <summary>
/// Reads the slot's stream into segments and decides where batches end: only between source transactions. The stream is
/// read by one loop; what it waits for is a message, or the time at which a waiting batch is old enough.
/// </summary>
internal sealed class ChangeStream
{
    /// <summary>How often an idle stream looks whether its position moved on.</summary>
    private static readonly TimeSpan IdlePoll = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// How long the server may take to end the stream on request. A request that comes while the stream is just beginning
    /// is lost on it; the stream is cut off then.
    /// </summary>
    private static readonly TimeSpan CancelTimeout = TimeSpan.FromSeconds(2);

    /// <summary>A large transaction is staged in parts no smaller than this, whatever the batch limits.</summary>
    private const int LeastPartRows = 20_000;

    private readonly PostgresSourceOptions _options;
    private readonly SegmentPipeline _pipeline;
    private readonly BronzeTable _stopped;
    private readonly RelationMap _relations;
    private readonly ulong _floor;
    private readonly Action<ulong> _onIdle;

    private readonly TupleFields _row = new();
    private readonly TupleFields _old = new();
    private byte[] _message = new byte[1 << 16];
    private ChangeSegment? _segment;

    private bool _inTransaction;
    private BeginMessage _begin;
    private long _sequence;

    private ulong _lastEnd;
    private ulong _closedTo;
    private long _batchRows;
    private long _heldRows;
    private long _batchBytes;
    private long _batchStartedAt;
    private long? _firstCommittedAt;
    private long? _lastCommittedAt;
    private long _oldestPending = long.MaxValue;

    /// <param name="relations">What is known of the tables in the stream.</param>
    /// <param name="stopped">Where changes of stopped tables go.</param>
    /// <param name="pipeline">Where filled segments go.</param>
    /// <param name="closedTo">The position that <c>bronze._commits</c> has reached.</param>
    /// <param name="floor">The furthest position of any table; a batch closes there even without rows, so that a row tells of it.</param>
    /// <param name="onIdle">Called with positions up to which everything is in bronze because nothing of ours was there.</param>
    public ChangeStream(
        PostgresSourceOptions options, RelationMap relations, BronzeTable stopped, SegmentPipeline pipeline,
        ulong closedTo, ulong floor, Action<ulong> onIdle)
    {
        _options = options;
        _relations = relations;
        _stopped = stopped;
        _pipeline = pipeline;
        _closedTo = closedTo;
        _floor = floor;
        _onIdle = onIdle;
    }

    /// <summary>When the oldest change committed that is read and not in bronze, in microseconds since 1970; null when none waits.</summary>
    public long? OldestPending => Volatile.Read(ref _oldestPending) is var oldest && oldest != long.MaxValue && !(_pipeline.IsIdle && _batchRows == 0) ? oldest : null;

    /// <summary>Reads until cancelled, or until the stream, the lake or a change fails.</summary>
    /// <param name="connection">An open connection that nothing else uses but to report progress.</param>
    /// <param name="from">Where to start.</param>
    /// <param name="cut">Ends the stream's process at the server, or does nothing.</param>
    public async Task RunAsync(LogicalReplicationConnection connection, ulong from, Func<Task> cut, CancellationToken ct)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var stream = connection.StartLogicalReplication(
            new PgOutputReplicationSlot(_options.SlotName), ending.Token, new NpgsqlLogSequenceNumber(from),
            [new("proto_version", "1"), new("publication_names", Sql.Identifier(_options.PublicationName))]);
        await using var messages = stream.GetAsyncEnumerator(ending.Token);
        Task<bool>? waiting = null;
        try
        {
            while (true)
            {
                var next = messages.MoveNextAsync();
                if (!next.IsCompleted)
                {
                    waiting = next.AsTask();
                    await WaitAsync(waiting, connection, ct);
                    next = new ValueTask<bool>(waiting);
                }
                if (!await next) throw new SourceConnectionException("the server ended the replication stream.", _options.Name, transient: true);
                await ReadAsync(messages.Current, ct);
            }
        }
        finally
        {
            // An enumerator must not be disposed, nor its connection used, while it moves.
            if (waiting is { IsCompleted: false })
            {
                await ending.CancelAsync();
                var ended = waiting.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                if (await Task.WhenAny(ended, Task.Delay(CancelTimeout, CancellationToken.None)) != ended) await cut();
                await ended;
            }
        }
    }

    /// <summary>Waits for a message; meanwhile closes batches that are old enough and follows the server's idle position.</summary>
    private async Task WaitAsync(Task<bool> message, LogicalReplicationConnection connection, CancellationToken ct)
    {
        while (!message.IsCompleted)
        {
            await OnPauseAsync((ulong)connection.LastReceivedLsn, ct);
            await Task.WhenAny(message, _pipeline.Completion, Task.Delay(PauseLength(), ct));
            if (_pipeline.Completion.IsCompleted) await _pipeline.Completion;
            ct.ThrowIfCancellationRequested();
        }
    }

    private async ValueTask ReadAsync(XLogDataMessage message, CancellationToken ct)
    {
        var length = checked((int)message.Data.Length);
        if (_message.Length < length) _message = new byte[Math.Max(length, checked(_message.Length * 2))];
        await message.Data.ReadExactlyAsync(_message.AsMemory(0, length), ct);
        if (length == 0) return;
        _segment ??= await _pipeline.RentAsync(ct);

        switch (_message[0])
        {
            case PgOutputMessage.Relation:
                await _relations.LearnAsync(ReadRelation(length), _begin.FinalLsn, ct);
                break;
            case PgOutputMessage.Commit:
                EndTransaction(length);
                if (IsBatchDue()) CloseBatch(_lastEnd);
                break;
            default:
                Change(_message.AsSpan(0, length));
                // A transaction that is larger than a batch goes on to disk in parts, and is committed whole.
                if (_segment.Rows >= Math.Max(_options.Batch.Rows, LeastPartRows) || _segment.Bytes >= _options.Batch.Bytes) Submit(null);
                break;
        }
    }

    private void Change(ReadOnlySpan<byte> message)
    {
        var reader = new PgOutputReader(message[1..]);
        switch (message[0])
        {
            case PgOutputMessage.Begin:
                _begin = BeginMessage.Read(ref reader);
                _inTransaction = true;
                _sequence = 0;
                break;
            case PgOutputMessage.Insert:
                Insert(message, ref reader);
                break;
            case PgOutputMessage.Update:
                Update(message, ref reader);
                break;
            case PgOutputMessage.Delete:
                Delete(message, ref reader);
                break;
            case PgOutputMessage.Truncate:
                Truncate(message, ref reader);
                break;
            case PgOutputMessage.Origin or PgOutputMessage.Type:
                break;
            default:
                throw new ReplicationProtocolException($"a replication message of unknown kind '{(char)message[0]}' came.", _options.Name, new NpgsqlLogSequenceNumber(_begin.FinalLsn));
        }
    }

    private void Insert(ReadOnlySpan<byte> message, ref PgOutputReader reader)
    {
        var relation = _relations.Find(reader.ReadUInt32());
        Expect(reader.ReadByte(), (byte)'N');
        _row.ReadTuple(message, ref reader);
        Add(relation, ChangeOperation.Create, message, _row, null);
    }

    private void Update(ReadOnlySpan<byte> message, ref PgOutputReader reader)
    {
        var relation = _relations.Find(reader.ReadUInt32());
        var kind = reader.ReadByte();
        if (kind is (byte)'K' or (byte)'O')
        {
            _old.ReadTuple(message, ref reader);
            Expect(reader.ReadByte(), (byte)'N');
        }
        else
        {
            Expect(kind, (byte)'N');
        }
        _row.ReadTuple(message, ref reader);
        var old = kind == (byte)'O' ? _old : null;
        // The server sends an old key (K) only when the key changed. With whole old rows (O), compare.
        if (kind == (byte)'K' || (old is not null && !SameKey(relation, message)))
        {
            Add(relation, ChangeOperation.Delete, message, _old, null);
            Add(relation, ChangeOperation.Create, message, _row, old);
        }
        else
        {
            Add(relation, ChangeOperation.Update, message, _row, old);
        }
    }

    private void Delete(ReadOnlySpan<byte> message, ref PgOutputReader reader)
    {
        var relation = _relations.Find(reader.ReadUInt32());
        var kind = reader.ReadByte();
        if (kind != (byte)'O') Expect(kind, (byte)'K');
        _row.ReadTuple(message, ref reader);
        Add(relation, ChangeOperation.Delete, message, _row, null);
    }

    private void Truncate(ReadOnlySpan<byte> message, ref PgOutputReader reader)
    {
        var count = reader.ReadInt32();
        reader.ReadByte();   // CASCADE, RESTART IDENTITY
        for (var i = 0; i < count; i++) Add(_relations.Find(reader.ReadUInt32()), ChangeOperation.Truncate, message, null, null);
    }

    /// <summary>Whether old and new row have the same key. Rows of a table without a key are their own key.</summary>
    private bool SameKey(Relation relation, ReadOnlySpan<byte> message)
    {
        var keys = relation.Keys;
        var count = keys.Count == 0 ? _row.Count : keys.Count;
        for (var i = 0; i < count; i++)
        {
            var field = keys.Count == 0 ? i : keys[i];
            if (_row.Kind(field) is FieldKind.Unchanged) continue;
            if (_row.Kind(field) != _old.Kind(field)) return false;
            if (_row.Kind(field) is FieldKind.Text && !_row.Text(message, field).SequenceEqual(_old.Text(message, field))) return false;
        }
        return true;
    }

    private void Add(Relation relation, ChangeOperation operation, ReadOnlySpan<byte> message, TupleFields? row, TupleFields? old)
    {
        // Counted for every change, so that a change has the same number however often it is sent.
        _sequence++;
        if (relation.OnlyBefore > 0 && _begin.FinalLsn >= relation.OnlyBefore)
            throw new ReplicationProtocolException($"a change of {relation.Message.Schema}.{relation.Message.Name} came after the table's snapshot in a shape of before it.", _options.Name, new NpgsqlLogSequenceNumber(_begin.FinalLsn));
        if (relation.Table is not { } table) return;
        var position = new ChangePosition(_begin.FinalLsn, _sequence, _begin.TransactionId, _begin.CommittedAt);
        if (relation.Shape is { } shape)
        {
            if (table.Holds(position.Lsn))
            {
                // In the table's snapshot, or a row that an ingester committed who died before the batch's row in the ledger.
                if (position.Lsn >= table.SnapshotLsn) CountHeld(position);
                return;
            }
            _segment!.BufferFor(table, shape).Add(position, operation, message, row, old);
        }
        else
        {
            if (_stopped.Holds(position.Lsn))
            {
                CountHeld(position);
                return;
            }
            _segment!.StoppedBuffer().Add(position, operation, table.SourceTable, table.StoppedReason ?? "", relation.Names, message, row, old);
        }
        if (_batchRows++ == 0)
        {
            _batchStartedAt = Stopwatch.GetTimestamp();
            _firstCommittedAt ??= position.CommittedAt;
            if (_pipeline.IsIdle) Volatile.Write(ref _oldestPending, position.CommittedAt);
        }
        _segment.Rows++;
        _segment.Bytes += message.Length;
        _batchBytes += message.Length;
    }

    private void CountHeld(ChangePosition position)
    {
        _heldRows++;
        _firstCommittedAt ??= position.CommittedAt;
    }

    private void EndTransaction(int length)
    {
        var reader = new PgOutputReader(_message.AsSpan(1, length - 1));
        var commit = CommitMessage.Read(ref reader);
        if (!_inTransaction || commit.CommitLsn != _begin.FinalLsn)
            throw new ReplicationProtocolException("a commit came that ends no transaction of the stream.", _options.Name, new NpgsqlLogSequenceNumber(commit.CommitLsn));
        _inTransaction = false;
        _lastEnd = commit.EndLsn;
        if (_batchRows + _heldRows > 0) _lastCommittedAt = commit.CommittedAt;
    }

    private bool IsBatchDue() =>
        _batchRows >= _options.Batch.Rows || _batchBytes >= _options.Batch.Bytes
        || (_batchRows > 0 && Stopwatch.GetElapsedTime(_batchStartedAt) >= _options.Batch.Age)
        || (_closedTo < _floor && _lastEnd >= _floor);

    /// <summary>
    /// The stream has nothing at the moment. <paramref name="received"/> is the newest keepalive's position, or where the
    /// first record of a transaction lies whose messages were not seen yet: whatever committed before it was seen.
    /// </summary>
    private async ValueTask OnPauseAsync(ulong received, CancellationToken ct)
    {
        if (_inTransaction) return;
        if (_batchRows > 0)
        {
            if (IsBatchDue()) CloseBatch(_lastEnd);
            return;
        }
        if (!_pipeline.IsIdle) return;
        Volatile.Write(ref _oldestPending, long.MaxValue);
        var position = Math.Max(received, _lastEnd);
        if (position <= _closedTo) return;
        if ((_closedTo < _floor && position >= _floor) || (_closedTo >= _floor && position - _closedTo >= (ulong)_options.IdleConfirmBytes))
        {
            _segment ??= await _pipeline.RentAsync(ct);
            CloseBatch(position);
        }
        else if (_closedTo >= _floor)
        {
            _onIdle(position);
        }
    }

    private TimeSpan PauseLength()
    {
        if (_batchRows == 0 || _inTransaction) return IdlePoll;
        var left = _options.Batch.Age - Stopwatch.GetElapsedTime(_batchStartedAt);
        return left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left < IdlePoll ? left : IdlePoll;
    }

    private void CloseBatch(ulong toLsn)
    {
        Submit(new BatchEnd(toLsn, _batchRows, _heldRows, _firstCommittedAt, _lastCommittedAt));
        _closedTo = toLsn;
        _batchRows = 0;
        _heldRows = 0;
        _batchBytes = 0;
        _firstCommittedAt = null;
        _lastCommittedAt = null;
    }

    private void Submit(BatchEnd? end)
    {
        _segment!.End = end;
        _pipeline.Submit(_segment);
        _segment = null;
    }

    private RelationMessage ReadRelation(int length)
    {
        var reader = new PgOutputReader(_message.AsSpan(1, length - 1));
        return RelationMessage.Read(ref reader);
    }

    private void Expect(byte actual, byte expected)
    {
        if (actual != expected)
            throw new ReplicationProtocolException($"a row message has '{(char)actual}' where '{(char)expected}' belongs.", _options.Name, new NpgsqlLogSequenceNumber(_begin.FinalLsn));
    }
}

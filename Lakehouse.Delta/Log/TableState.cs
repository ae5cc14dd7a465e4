using System.Collections.Immutable;

namespace Lakehouse.Delta;

/// <summary>
/// What a log amounts to at one version (PROTOCOL.md, "Action Reconciliation"): the newest protocol and metaData, the files that
/// were added and not removed, the tombstones of those that were, the newest transaction of each application, the domains.
/// </summary>
internal sealed record TableState(
    Protocol? Protocol,
    Metadata? Metadata,
    LogMap<AddFile> Files,
    LogMap<RemoveFile> Tombstones,
    ImmutableDictionary<string, SetTransaction> Transactions,
    ImmutableDictionary<string, DomainMetadata> Domains)
{
    public static readonly TableState Empty = new(
        null,
        null,
        LogMap<AddFile>.Empty,
        LogMap<RemoveFile>.Empty,
        ImmutableDictionary.Create<string, SetTransaction>(StringComparer.Ordinal),
        ImmutableDictionary.Create<string, DomainMetadata>(StringComparer.Ordinal));

    /// <summary>The state that a checkpoint holds.</summary>
    public static TableState Of(CheckpointRows rows)
    {
        TableState files = Empty with { Files = LogMap<AddFile>.Of(rows.ToAdds()), Tombstones = LogMap<RemoveFile>.Of(rows.ToRemoves()) };
        return files.Apply([.. rows.Others]);
    }

    /// <summary>The state after more actions; everything that they do not touch is shared.</summary>
    public TableState Apply(IReadOnlyList<DeltaAction> actions)
    {
        Builder builder = new(this);
        builder.Apply(actions);
        return builder.ToImmutable();
    }

    /// <summary>A state in the making, for one thread: commits and checkpoints are applied in the order of their versions.</summary>
    public sealed class Builder(TableState from)
    {
        private readonly LogMap<AddFile>.Builder _files = from.Files.ToBuilder();
        private readonly LogMap<RemoveFile>.Builder _tombstones = from.Tombstones.ToBuilder();
        private readonly ImmutableDictionary<string, SetTransaction>.Builder _transactions = from.Transactions.ToBuilder();
        private readonly ImmutableDictionary<string, DomainMetadata>.Builder _domains = from.Domains.ToBuilder();
        private Protocol? _protocol = from.Protocol;
        private Metadata? _metadata = from.Metadata;

        /// <summary>Whether it has what every table has.</summary>
        public bool IsTable => _protocol is not null && _metadata is not null;

        /// <summary>Applies one version. The order within it does not count: what it adds, it does not also remove.</summary>
        public void Apply(IReadOnlyList<DeltaAction> actions)
        {
            foreach (DeltaAction action in actions) Apply(action);
        }

        public void Apply(DeltaAction action)
        {
            switch (action)
            {
                case AddFile add:
                    FileKey added = add.Key;
                    _tombstones.Remove(added);
                    _files.Set(added, add);
                    break;
                case RemoveFile remove:
                    FileKey removed = remove.Key;
                    _files.Remove(removed);
                    _tombstones.Set(removed, remove);
                    break;
                case Protocol protocol: _protocol = protocol; break;
                case Metadata metadata: _metadata = metadata; break;
                case SetTransaction transaction: _transactions[transaction.ApplicationId] = transaction; break;
                case DomainMetadata { Removed: true } domain: _domains.Remove(domain.Domain); break;
                case DomainMetadata domain: _domains[domain.Domain] = domain; break;
            }
        }

        public TableState ToImmutable() =>
            new(_protocol, _metadata, _files.ToImmutable(), _tombstones.ToImmutable(), _transactions.ToImmutable(), _domains.ToImmutable());
    }
}

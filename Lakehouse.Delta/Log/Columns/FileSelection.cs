using System.Runtime.CompilerServices;
using System.Text;

namespace Lakehouse.Delta;

/// <summary>Chooses files by a filter: over columns, block by block, on several threads.</summary>
internal static class FileSelection
{
    /// <summary>Fewer blocks are not worth waking threads for.</summary>
    private const int BlocksAlone = 4;

    /// <summary>The files that may match, in the map's order.</summary>
    public static IReadOnlyList<AddFile> Select(LogMap<AddFile> files, IFileFilter filter)
    {
        FileColumns columns = files.Base;
        HashSet<int>? overlaid = files.Overlaid();
        (bool Wanted, IStatisticsFilter? Statistics)[] partitions = [.. columns.Partitions.Select(values => (filter.MayMatch(values, out IStatisticsFilter? statistics), statistics))];
        List<int>?[] found = new List<int>?[columns.Blocks.Count];
        if (columns.Blocks.Count <= BlocksAlone)
        {
            for (int block = 0; block < found.Length; block++) SelectBlock(block);
        }
        else
        {
            Parallel.For(0, found.Length, SelectBlock);
        }

        List<AddFile> selected = new(found.Sum(rows => rows?.Count ?? 0));
        foreach (List<int>? rows in found)
        {
            foreach (int row in rows ?? []) selected.Add(columns.Add(row));
        }

        foreach (AddFile added in files.Added)
        {
            if (filter.MayMatch(added.PartitionValues, out IStatisticsFilter? statistics) && (statistics is null || statistics.MayMatch(added.Stats is null ? default : Encoding.UTF8.GetBytes(added.Stats))))
                selected.Add(added);
        }

        return selected;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        void SelectBlock(int number)
        {
            FileBlock block = columns.Blocks[number];

            // Files of a partition, and of a shape of statistics, mostly come one after the other.
            int partition = -1;
            StatisticsShape? shape = null;
            bool wanted = false;
            IStatisticsFilter? statistics = null;
            IShapedStatisticsFilter? shaped = null;
            byte[] buffer = [];
            for (int i = 0; i < block.Count; i++)
            {
                if (block.Partitions[i] != partition)
                {
                    partition = block.Partitions[i];
                    (wanted, statistics) = partitions[partition];
                    shape = null;
                }

                if (!wanted || (statistics is not null && !StatisticsMayMatch(i))) continue;
                int row = (number << FileBlock.Shift) + i;
                if (overlaid?.Contains(row) != true) (found[number] ??= []).Add(row);
            }

            bool StatisticsMayMatch(int row)
            {
                ReadOnlySpan<byte> kept = block.Statistics(row);
                if (kept.IsEmpty || block.Shapes.ShapeOf(kept) is not { } own) return statistics.MayMatch(block.StatisticsJson(row, ref buffer));
                if (own != shape) (shape, shaped) = (own, statistics.Of(own));
                return shaped?.MayMatch(new ShapedStatistics(kept[1..], own.ValueCount)) ?? statistics.MayMatch(block.StatisticsJson(row, ref buffer));
            }
        }
    }
}

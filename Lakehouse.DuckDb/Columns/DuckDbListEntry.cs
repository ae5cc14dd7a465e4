using System.Runtime.InteropServices;

namespace Lakehouse.DuckDb;

/// <summary>A list's elements: <paramref name="Length"/> of them from <paramref name="Offset"/> in the child vector.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct DuckDbListEntry(long Offset, long Length);

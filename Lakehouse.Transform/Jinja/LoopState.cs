namespace Lakehouse.Transform.Jinja;

/// <summary>The variable <c>loop</c> inside a <c>for</c>.</summary>
internal sealed class LoopState(IReadOnlyList<object?> items) : IJinjaObject
{
    private int _index;
    private object? _lastChanged;
    private bool _hasChanged;

    public void MoveTo(int index) => _index = index;

    public bool TryGetAttribute(string name, out object? value)
    {
        (var found, value) = name switch
        {
            "index" => (true, _index + 1L),
            "index0" => (true, (long)_index),
            "revindex" => (true, (long)(items.Count - _index)),
            "revindex0" => (true, items.Count - _index - 1L),
            "first" => (true, _index == 0),
            "last" => (true, _index == items.Count - 1),
            "length" => (true, (long)items.Count),
            "previtem" when _index > 0 => (true, items[_index - 1]),
            "nextitem" when _index < items.Count - 1 => (true, items[_index + 1]),
            "cycle" => (true, new JinjaFunction("loop.cycle", Cycle)),
            "changed" => (true, new JinjaFunction("loop.changed", Changed)),
            _ => (false, (object?)null),
        };
        return found;
    }

    private object? Cycle(CallArguments arguments) => arguments.Positional.Count == 0
        ? throw arguments.Error("needs at least one value")
        : arguments.Positional[_index % arguments.Positional.Count];

    private object? Changed(CallArguments arguments)
    {
        var now = arguments.Positional.ToList();
        var changed = !_hasChanged || !JinjaValue.AreEqual(_lastChanged, now);
        (_lastChanged, _hasChanged) = (now, true);
        return changed;
    }
}

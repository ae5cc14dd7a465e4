using System.Reflection;
using System.Runtime.Loader;
using Aspire.Hosting;

namespace Lakehouse.Hosting.Tests.Compatibility;

/// <summary>Everything public in our subset stands in Aspire's listing with the same signature.</summary>
public sealed class PublicApiTests(AspireListing listing) : IClassFixture<AspireListing>
{
    [Fact]
    public void Every_type_is_in_the_listing_with_the_same_kind_base_and_interfaces()
    {
        Dictionary<string, Type> theirs = Theirs();
        Assert.NotEmpty(Ours);
        var faults = new List<string>();
        foreach (Type type in Ours)
        {
            if (!theirs.TryGetValue(PublicApi.Name(type), out Type? their))
            {
                faults.Add($"{PublicApi.Name(type)} is not in the listing.");
                continue;
            }

            if (PublicApi.Describe(type) != PublicApi.Describe(their))
                faults.Add($"ours   {PublicApi.Describe(type)}\n  theirs {PublicApi.Describe(their)}");
            HashSet<string> interfaces = [.. their.GetInterfaces().Select(PublicApi.Name)];
            faults.AddRange(type.GetInterfaces().Where(one => one.IsVisible).Select(PublicApi.Name).Where(name => !interfaces.Contains(name)).Select(name => $"{PublicApi.Name(type)} is a {name}, theirs is not."));
        }

        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }

    [Fact]
    public void Every_member_is_in_the_listing_with_the_same_signature()
    {
        Dictionary<string, Type> theirs = Theirs();
        var faults = new List<string>();
        foreach (Type type in Ours)
        {
            if (!theirs.TryGetValue(PublicApi.Name(type), out Type? their))
                continue;
            HashSet<string> members = [.. PublicApi.Members(their).Select(PublicApi.Describe)];
            foreach (MemberInfo member in PublicApi.Members(type))
            {
                if (!members.Contains(PublicApi.Describe(member)) && !IsOverride(member))
                    faults.Add($"{PublicApi.Name(type)}: {PublicApi.Describe(member)}{string.Concat(members.Where(text => text.Contains($" {member.Name}", StringComparison.Ordinal)).Select(text => "\n    theirs: " + text))}");
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} members:\n{string.Join("\n", faults)}");
    }

    private static IEnumerable<Type> Ours => PublicApi.Types(typeof(DistributedApplication).Assembly);

    private Dictionary<string, Type> Theirs()
    {
        Assert.SkipUnless(listing.Folder is not null, AspireListing.SkipReason);
        var context = new AssemblyLoadContext("listing", isCollectible: true);
        context.Resolving += (_, name) => listing.Files.FirstOrDefault(file => Path.GetFileNameWithoutExtension(file) == name.Name) is { } file ? context.LoadFromAssemblyPath(file) : null;
        return listing.Files.SelectMany(file => PublicApi.Types(context.LoadFromAssemblyPath(file))).ToDictionary(PublicApi.Name);
    }

    // An override adds nothing to what a caller can write.
    private static bool IsOverride(MemberInfo member) => member is MethodInfo method && method.GetBaseDefinition() != method;
}

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
            ILookup<string, MemberInfo> members = PublicApi.Members(their).ToLookup(PublicApi.Describe);
            foreach (MemberInfo member in PublicApi.Members(type).Where(member => !IsOverride(member)))
            {
                IEnumerable<MemberInfo> same = members[PublicApi.Describe(member)];
                if (!same.Any())
                    faults.Add($"{PublicApi.Name(type)}: {PublicApi.Describe(member)}{string.Concat(members.Where(one => one.Key.Contains($" {member.Name}", StringComparison.Ordinal)).Select(one => "\n    theirs: " + one.Key))}");
                else if (same.Any(IsExperimental) || IsExperimental(their))
                    faults.Add($"{PublicApi.Name(type)}: {PublicApi.Describe(member)} is experimental in Aspire, so code that uses it would not compile there.");
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

    private static bool IsExperimental(MemberInfo member) => member.GetCustomAttributesData().Any(attribute => attribute.AttributeType.Name == "ExperimentalAttribute");

    // An override adds nothing to what a caller can write.
    private static bool IsOverride(MemberInfo member) => member is MethodInfo method && method.GetBaseDefinition() != method;
}

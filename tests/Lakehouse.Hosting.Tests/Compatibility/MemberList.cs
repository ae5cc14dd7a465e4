using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Lakehouse.Hosting.Tests.Compatibility;

/// <summary>Writes the list of all types and members of the subset, for those who want to know whether one is there.</summary>
internal static class MemberList
{
    public static string Write(Assembly assembly)
    {
        var text = new StringBuilder("""
            # Every member of the Aspire subset

            Written from the assembly by `SourceCompatibilityTests`; what it is for is in [aspire.md](aspire.md). Constructors are
            listed as `new`; members that come more than once have that many overloads.

            """);
        foreach (IGrouping<string, Type> space in PublicApi.Types(assembly).Where(type => !IsGenerated(type)).GroupBy(type => type.Namespace!).OrderBy(space => space.Key, StringComparer.Ordinal))
        {
            text.Append("\n## ").Append(space.Key).Append("\n\n");
            foreach (Type type in space.OrderBy(PublicApi.Name, StringComparer.Ordinal))
            {
                string members = string.Join(", ", PublicApi.Members(type).Where(member => !IsGenerated(member) && !IsOverride(member)).Select(Name)
                    .GroupBy(name => name).OrderBy(same => same.Key, StringComparer.Ordinal).Select(same => same.Count() == 1 ? same.Key : $"{same.Key} ×{same.Count()}"));
                string name = PublicApi.Name(type)[(space.Key.Length + 1)..];
                text.Append("- `").Append(name).Append('`').Append(members.Length == 0 ? "" : ": " + members).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Name(MemberInfo member) => member is ConstructorInfo ? "new" : member.Name;

    private static bool IsGenerated(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static bool IsOverride(MemberInfo member) => member is MethodInfo method && method.GetBaseDefinition() != method;
}

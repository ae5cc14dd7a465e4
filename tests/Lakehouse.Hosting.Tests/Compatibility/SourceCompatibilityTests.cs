using Aspire.Hosting;
using Lakehouse.Testing;

namespace Lakehouse.Hosting.Tests.Compatibility;

/// <summary>
/// The proof of source compatibility: the AppHost, our resource types, tests that use Aspire.Hosting.Testing and a file that
/// uses every member of the subset compile, unchanged, against assemblies built from Aspire's own API listing.
/// </summary>
public sealed class SourceCompatibilityTests(AspireListing listing) : IClassFixture<AspireListing>
{
    [Fact]
    public void The_file_that_uses_every_member_is_current() =>
        AssertCurrent("tests/Lakehouse.Hosting.Tests/Compatibility/Sources/EveryMember.cs", EveryMemberSource.Write(typeof(DistributedApplication).Assembly));

    [Fact]
    public void The_list_of_members_in_the_docs_is_current() => AssertCurrent("docs/aspire-members.md", MemberList.Write(typeof(DistributedApplication).Assembly));

    /// <summary>These projects name the sources that they compile in this mode, if not all.</summary>
    public static TheoryData<string> Projects =>
        [.. new[] { "tests/Lakehouse.Hosting.Tests", "tests/Lakehouse.Hosting.Playground", "Lakehouse.AppHost", "tests/Lakehouse.AppHost.Tests" }.Where(project => Directory.Exists(Path.Combine(Repository.Root, project)))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void It_compiles_against_Aspires_own_api(string project)
    {
        Assert.SkipUnless(listing.Folder is not null, AspireListing.SkipReason);
        string output = Path.Combine(Repository.Root, "tests", "Lakehouse.Hosting.Tests", "obj", "against-aspire");
        Dotnet.Run(
            Repository.Root, "build", project, "-nologo", "-v", "q", "-c", "Debug", "--artifacts-path", output,
            "-p:UseAspirePackages=true", $"-p:AspireReferences={listing.Folder}", "-p:BuildAspireProjectResources=false", "-p:TreatWarningsAsErrors=false");
    }

    private static void AssertCurrent(string path, string text)
    {
        string file = Path.Combine(Repository.Root, path);
        if (Environment.GetEnvironmentVariable("LAKEHOUSE_UPDATE") == "1")
            File.WriteAllText(file, text);
        Assert.True(File.Exists(file) && File.ReadAllText(file) == text, $"{path} is not what the assembly says: LAKEHOUSE_UPDATE=1 dotnet test tests/Lakehouse.Hosting.Tests writes it again.");
    }
}

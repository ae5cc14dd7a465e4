using Aspire.Hosting;
using Lakehouse.Testing;

namespace Lakehouse.Hosting.Tests.Compatibility;

/// <summary>
/// The proof of source compatibility: the AppHost, our resource types, tests that use Aspire.Hosting.Testing and a file that
/// uses every member of the subset compile, unchanged, against assemblies built from Aspire's own API listing.
/// </summary>
public sealed class SourceCompatibilityTests(AspireListing listing) : IClassFixture<AspireListing>
{
    private static readonly string EveryMember = Path.Combine(Repository.Root, "tests", "Lakehouse.Hosting.Tests", "Compatibility", "Sources", "EveryMember.cs");

    [Fact]
    public void The_file_that_uses_every_member_is_current()
    {
        string source = EveryMemberSource.Write(typeof(DistributedApplication).Assembly);
        if (Environment.GetEnvironmentVariable("LAKEHOUSE_UPDATE") == "1")
            File.WriteAllText(EveryMember, source);
        Assert.Equal(source, File.Exists(EveryMember) ? File.ReadAllText(EveryMember) : "");
    }

    /// <summary>These projects name the sources that they compile in this mode, if not all.</summary>
    public static TheoryData<string> Projects =>
        [.. new[] { "tests/Lakehouse.Hosting.Tests", "Lakehouse.AppHost", "tests/Lakehouse.AppHost.Tests" }.Where(project => Directory.Exists(Path.Combine(Repository.Root, project)))];

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
}

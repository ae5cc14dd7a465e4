using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Aspire.Hosting.Dcp;

/// <summary>
/// The certificate that DCP's API shows on the loopback interface, for as long as this DCP lives. DCP would make one itself, with
/// an RSA key, for whose primes it searches for two seconds or more: most of its start. An elliptic key is there at once.
/// </summary>
/// <param name="CertificatePath">PEM, self-signed; DCP hands it on in its kubeconfig as the authority to trust.</param>
/// <param name="KeyPath">PEM, readable by us alone.</param>
internal sealed record DcpCertificate(string CertificatePath, string KeyPath)
{
    /// <summary>More than a developer's machine is up without a restart of the application.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>Makes one in a folder that only we can read.</summary>
    public static DcpCertificate Create(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        // A clock that was set back a little must not make it invalid.
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow + Lifetime);

        var made = new DcpCertificate(Path.Combine(folder, "server.crt"), Path.Combine(folder, "server.key"));
        File.WriteAllText(made.CertificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(made.KeyPath, key.ExportPkcs8PrivateKeyPem());
        return made;
    }
}

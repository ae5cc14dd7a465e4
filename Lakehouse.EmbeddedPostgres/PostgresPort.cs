using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Lakehouse.EmbeddedPostgres;

/// <summary>Ports on 127.0.0.1, and the one that a data folder was served on last.</summary>
internal static class PostgresPort
{
    private const string RememberedFile = "lakehouse.port";

    /// <summary>A port that nothing listened on a moment ago.</summary>
    public static int FindFree()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The port of the folder's last server where it is free, else another one, which is remembered: links and tools keep working over restarts.</summary>
    public static int Remembered(string folder)
    {
        string file = Path.Combine(folder, RememberedFile);
        if (File.Exists(file) && int.TryParse(File.ReadAllText(file), NumberStyles.None, CultureInfo.InvariantCulture, out int last) && IsFree(last))
            return last;
        int port = FindFree();
        File.WriteAllText(file, port.ToString(CultureInfo.InvariantCulture));
        PostgresUser.Current?.Own(file);
        return port;
    }

    private static bool IsFree(int port)
    {
        if (port is < IPEndPoint.MinPort + 1 or > IPEndPoint.MaxPort) return false;
        return !IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(listener => listener.Port == port);
    }
}

using Microsoft.AspNetCore.Mvc;

namespace Lakehouse.Api.Problems;

/// <summary>A query cannot be answered, and <paramref name="details"/> tell its sender all there is to know.</summary>
public sealed class SqlProblemException(ProblemDetails details) : Exception(details.Detail)
{
    public ProblemDetails Details => details;
}

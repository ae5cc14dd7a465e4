namespace Lakehouse.Ingestion.Sample;

/// <summary>
/// One question about the sample business, put twice: to the lake's gold tables in DuckDB's SQL, and to the source in
/// PostgreSQL's. At the same point of the source's history both give the same rows in the same order; every column is text.
/// </summary>
/// <param name="Name">A short name: lower case, words joined by '-'.</param>
/// <param name="Question">What is asked, for people.</param>
/// <param name="LakeSql">Asks the lake.</param>
/// <param name="SourceSql">Asks PostgreSQL.</param>
public sealed record SampleAnswer(string Name, string Question, string LakeSql, string SourceSql);

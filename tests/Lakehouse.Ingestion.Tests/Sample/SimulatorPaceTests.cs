using Lakehouse.Ingestion.Sample;

namespace Lakehouse.Ingestion.Tests.Sample;

public sealed class SimulatorPaceTests
{
    [Theory]
    [InlineData(SimulatorPattern.Trickle)]
    [InlineData(SimulatorPattern.Burst)]
    [InlineData(SimulatorPattern.Bulk)]
    [InlineData(SimulatorPattern.Schema)]
    public void Every_pattern_comes_to_rate_times_duration(SimulatorPattern pattern)
    {
        var pace = new SimulatorPace(new SimulatorOptions { Pattern = pattern, ChangesPerSecond = 500, Duration = TimeSpan.FromSeconds(10) });
        Assert.Equal(5000, pace.Due(TimeSpan.FromSeconds(10)));
        Assert.Equal(5000, pace.Due(TimeSpan.FromSeconds(12)));
        Assert.True(pace.IsOver(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Trickle_is_even()
    {
        var pace = new SimulatorPace(new SimulatorOptions { ChangesPerSecond = 500 });
        Assert.Equal(5, pace.Due(TimeSpan.FromMilliseconds(10)));
        Assert.Equal(250, pace.Due(TimeSpan.FromMilliseconds(500)));
        Assert.False(pace.IsOver(TimeSpan.FromDays(1)));
    }

    [Theory]
    [InlineData(SimulatorPattern.Burst)]
    [InlineData(SimulatorPattern.Bulk)]
    public void A_cycle_is_silent_until_its_last_quarter(SimulatorPattern pattern)
    {
        var pace = new SimulatorPace(new SimulatorOptions { Pattern = pattern, ChangesPerSecond = 100, Cycle = TimeSpan.FromSeconds(2) });
        Assert.Equal(0, pace.Due(TimeSpan.FromSeconds(1.4)));
        Assert.Equal(200, pace.Due(TimeSpan.FromSeconds(1.6)));
        Assert.Equal(200, pace.Due(TimeSpan.FromSeconds(3.4)));
        Assert.Equal(400, pace.Due(TimeSpan.FromSeconds(3.6)));
    }
}

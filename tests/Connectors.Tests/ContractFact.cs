namespace Weir.Connectors.Tests;

using Weir.Connectors.Tests.Ado;
using Xunit.Abstractions;
using Xunit.Sdk;

/// <summary>Says that the tests of a class need PostgreSQL. Where it is not installed those of a contract are skipped,
/// but never in CI.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnPostgreSqlAttribute : Attribute
{
    public static bool Skips(ITestMethod method) =>
        PostgreSqlServer.Programs is null
        && !PostgreSqlFactAttribute.IsRequired
        && method.TestClass.Class.GetCustomAttributes(typeof(OnPostgreSqlAttribute)).Any();
}

/// <summary>A test of a contract, which the class of an implementation inherits.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Weir.Connectors.Tests.ContractFactDiscoverer", "Weir.Connectors.Tests")]
public sealed class ContractFactAttribute : FactAttribute;

/// <summary>As <see cref="ContractFactAttribute"/>, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Weir.Connectors.Tests.ContractTheoryDiscoverer", "Weir.Connectors.Tests")]
public sealed class ContractTheoryAttribute : TheoryAttribute;

public sealed class ContractFactDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    public override IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        OnPostgreSqlAttribute.Skips(testMethod)
            ? [new SkippedTestCase(DiagnosticMessageSink, testMethod)]
            : base.Discover(discoveryOptions, testMethod, factAttribute);
}

public sealed class ContractTheoryDiscoverer(IMessageSink sink) : TheoryDiscoverer(sink)
{
    public override IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute) =>
        OnPostgreSqlAttribute.Skips(testMethod)
            ? [new SkippedTestCase(DiagnosticMessageSink, testMethod)]
            : base.Discover(discoveryOptions, testMethod, theoryAttribute);
}

/// <summary>A test that is not run.</summary>
public sealed class SkippedTestCase : XunitTestCase
{
    [Obsolete("Only for what transfers test cases between processes.")]
    public SkippedTestCase()
    {
    }

    public SkippedTestCase(IMessageSink sink, ITestMethod method)
        : base(sink, TestMethodDisplay.ClassAndMethod, TestMethodDisplayOptions.None, method)
    {
    }

    protected override string GetSkipReason(IAttributeInfo factAttribute) => PostgreSqlFactAttribute.Reason;
}

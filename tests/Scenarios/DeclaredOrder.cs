namespace Weir.Scenarios;

using Xunit.Abstractions;
using Xunit.Sdk;

/// <summary>The tests of a class in the order in which they stand there, each still right alone.</summary>
public sealed class DeclaredOrder : ITestCaseOrderer
{
    /// <summary>As attributes name it.</summary>
    public const string TypeName = "Weir.Scenarios.DeclaredOrder";

    /// <summary>The assembly of it, as attributes name it.</summary>
    public const string AssemblyName = "Weir.Scenarios";

    public IEnumerable<TTestCase> OrderTestCases<TTestCase>(IEnumerable<TTestCase> testCases)
        where TTestCase : ITestCase =>
        testCases.OrderBy(test => test.TestMethod.Method.ToRuntimeMethod().MetadataToken);
}

// The scenarios run whole services; one after the other they have the cores for themselves.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]

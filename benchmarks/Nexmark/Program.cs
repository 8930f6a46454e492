using Weir.Benchmarks.Nexmark.Runs;

return await NexmarkCommand.InvokeAsync(args);

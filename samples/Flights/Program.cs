using Weir.Samples.Flights.Runs;

return await FlightsCommand.InvokeAsync(args);

# The ready-made silo, and beside it the sample Flights with its job.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish src/Silo/Silo.csproj --configuration Release --output /app
RUN dotnet publish samples/Flights/Flights.csproj --configuration Release --output /app/flights

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app .
# An embedded silo keeps its state in the volume. A new volume takes over the owner of the folder that it covers.
RUN mkdir /data && chown "$APP_UID" /data
USER $APP_UID
VOLUME /data
# A collection of the youngest costs what is alive in it, whatever its size: 64 MB a core make fewer of them.
# Without the second setting the runtime goes by its own measure again.
ENV DOTNET_GCgen0size=0x4000000 \
    DOTNET_GCDynamicAdaptationMode=0 \
    WEIR_DataDirectory=/data \
    WEIR_HttpUrl=http://0.0.0.0:8080 \
    WEIR_SiloPort=11111 \
    WEIR_GatewayPort=30000 \
    WEIR_GatewayAddress=0.0.0.0
EXPOSE 8080 11111 30000
# The image has no curl: the silo asks its own health endpoint and exits with 0 if the answer is OK.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["dotnet", "Weir.Silo.dll", "health"]
ENTRYPOINT ["dotnet", "Weir.Silo.dll"]

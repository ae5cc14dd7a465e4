using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Lakehouse.Hosting.Tests.Publishing;

public sealed class ManifestTests
{
    [Fact]
    public async Task A_project_with_a_database_is_written_as_Aspire_writes_it()
    {
        string manifest = await Manifest.OfAsync(builder =>
        {
            var orders = builder.AddPostgres("postgres").AddDatabase("orders");
            builder.AddProject("api", Manifest.AddWebProject(builder, "Api")).WithReference(orders).WaitFor(orders).WithExternalHttpEndpoints();
        });
        Assert.Equal(
            """
            {
              "resources": {
                "postgres": {
                  "type": "container.v0",
                  "connectionString": "Host={postgres.bindings.tcp.host};Port={postgres.bindings.tcp.port};Username=postgres;Password={postgres-password.value}",
                  "image": "docker.io/library/postgres:17.6",
                  "env": {
                    "POSTGRES_HOST_AUTH_METHOD": "scram-sha-256",
                    "POSTGRES_INITDB_ARGS": "--auth-host=scram-sha-256 --auth-local=scram-sha-256",
                    "POSTGRES_USER": "postgres",
                    "POSTGRES_PASSWORD": "{postgres-password.value}"
                  },
                  "bindings": {
                    "tcp": {
                      "scheme": "tcp",
                      "protocol": "tcp",
                      "transport": "tcp",
                      "targetPort": 5432
                    }
                  }
                },
                "orders": {
                  "type": "value.v0",
                  "connectionString": "{postgres.connectionString};Database=orders"
                },
                "api": {
                  "type": "project.v0",
                  "path": "../Api/Api.csproj",
                  "env": {
                    "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY": "in_memory",
                    "ASPNETCORE_FORWARDEDHEADERS_ENABLED": "true",
                    "HTTP_PORTS": "{api.bindings.http.targetPort}",
                    "ConnectionStrings__orders": "{orders.connectionString}",
                    "ORDERS_HOST": "{postgres.bindings.tcp.host}",
                    "ORDERS_PORT": "{postgres.bindings.tcp.port}",
                    "ORDERS_USERNAME": "postgres",
                    "ORDERS_PASSWORD": "{postgres-password.value}",
                    "ORDERS_URI": "postgresql://postgres:{postgres-password-uri-encoded.value}@{postgres.bindings.tcp.host}:{postgres.bindings.tcp.port}/orders",
                    "ORDERS_JDBCCONNECTIONSTRING": "jdbc:postgresql://{postgres.bindings.tcp.host}:{postgres.bindings.tcp.port}/orders",
                    "ORDERS_DATABASENAME": "orders"
                  },
                  "bindings": {
                    "http": {
                      "scheme": "http",
                      "protocol": "tcp",
                      "transport": "http",
                      "external": true
                    },
                    "https": {
                      "scheme": "https",
                      "protocol": "tcp",
                      "transport": "http",
                      "external": true
                    }
                  }
                },
                "postgres-password": {
                  "type": "parameter.v0",
                  "value": "{postgres-password.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string",
                      "secret": true,
                      "default": {
                        "generate": {
                          "minLength": 22
                        }
                      }
                    }
                  }
                },
                "postgres-password-uri-encoded": {
                  "type": "annotated.string",
                  "value": "{postgres-password.value}",
                  "filter": "uri"
                }
              }
            }
            """,
            manifest);
    }

    [Fact]
    public async Task A_container_is_written_with_arguments_mounts_and_its_image_or_Dockerfile()
    {
        string manifest = await Manifest.OfAsync(builder =>
        {
            var key = builder.AddParameter("key", secret: true);
            builder.AddContainer("web", "registry.example/web", "1.2").WithEntrypoint("/bin/web").WithArgs("--key", key)
                .WithHttpEndpoint(targetPort: 8080).WithVolume("data", "/data").WithVolume("/scratch").WithBindMount("conf", "/etc/web", isReadOnly: true);
            builder.AddDockerfile("worker", "worker", stage: "final").WithBuildArg("VERSION", "3").WithBuildSecret("TOKEN", key);
        });
        Assert.Equal(
            """
            {
              "resources": {
                "key": {
                  "type": "parameter.v0",
                  "value": "{key.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string",
                      "secret": true
                    }
                  }
                },
                "web": {
                  "type": "container.v0",
                  "image": "registry.example/web:1.2",
                  "entrypoint": "/bin/web",
                  "args": [
                    "--key",
                    "{key.value}"
                  ],
                  "bindMounts": [
                    {
                      "source": "../conf",
                      "target": "/etc/web",
                      "readOnly": true
                    }
                  ],
                  "volumes": [
                    {
                      "name": "data",
                      "target": "/data",
                      "readOnly": false
                    },
                    {
                      "target": "/scratch",
                      "readOnly": false
                    }
                  ],
                  "bindings": {
                    "http": {
                      "scheme": "http",
                      "protocol": "tcp",
                      "transport": "http",
                      "targetPort": 8080
                    }
                  }
                },
                "worker": {
                  "type": "container.v1",
                  "build": {
                    "context": "../worker",
                    "dockerfile": "../worker/Dockerfile",
                    "stage": "final",
                    "args": {
                      "VERSION": "3"
                    },
                    "secrets": {
                      "TOKEN": {
                        "type": "env",
                        "value": "{key.value}"
                      }
                    }
                  }
                }
              }
            }
            """,
            manifest);
    }

    [Fact]
    public async Task Connection_strings_and_parameters_become_inputs_and_references_expressions()
    {
        string manifest = await Manifest.OfAsync(builder =>
        {
            var lake = builder.AddConnectionString("lake");
            builder.AddParameter("region", "north", publishValueAsDefault: true);
            var kafka = builder.AddKafka("kafka");
            builder.AddContainer("reader", "reader").WithReference(lake).WithReference(kafka).WithReference("docs", new Uri("https://example.org/"));
            builder.AddExecutable("script", "run.sh", ".", "--lake", lake).ExcludeFromManifest();
        });
        Assert.Equal(
            """
            {
              "resources": {
                "lake": {
                  "type": "parameter.v0",
                  "connectionString": "{lake.value}",
                  "value": "{lake.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string",
                      "secret": true
                    }
                  }
                },
                "region": {
                  "type": "parameter.v0",
                  "value": "{region.inputs.value}",
                  "inputs": {
                    "value": {
                      "type": "string",
                      "default": {
                        "value": "north"
                      }
                    }
                  }
                },
                "kafka": {
                  "type": "container.v0",
                  "connectionString": "{kafka.bindings.tcp.host}:{kafka.bindings.tcp.port}",
                  "image": "docker.io/confluentinc/confluent-local:8.1.1",
                  "env": {
                    "KAFKA_LISTENERS": "PLAINTEXT://localhost:29092,CONTROLLER://localhost:29093,PLAINTEXT_HOST://0.0.0.0:9092,PLAINTEXT_INTERNAL://0.0.0.0:9093",
                    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT,PLAINTEXT_INTERNAL:PLAINTEXT",
                    "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://{kafka.bindings.tcp.host}:29092,PLAINTEXT_HOST://{kafka.bindings.tcp.host}:{kafka.bindings.tcp.port},PLAINTEXT_INTERNAL://{kafka.bindings.internal.host}:{kafka.bindings.internal.port}"
                  },
                  "bindings": {
                    "tcp": {
                      "scheme": "tcp",
                      "protocol": "tcp",
                      "transport": "tcp",
                      "targetPort": 9092
                    },
                    "internal": {
                      "scheme": "tcp",
                      "protocol": "tcp",
                      "transport": "tcp",
                      "targetPort": 9093
                    }
                  }
                },
                "reader": {
                  "type": "container.v0",
                  "image": "reader:latest",
                  "env": {
                    "ConnectionStrings__lake": "{lake.connectionString}",
                    "ConnectionStrings__kafka": "{kafka.connectionString}",
                    "KAFKA_HOST": "{kafka.bindings.tcp.host}",
                    "KAFKA_PORT": "{kafka.bindings.tcp.port}",
                    "services__docs__default__0": "https://example.org/",
                    "docs": "https://example.org/"
                  }
                }
              }
            }
            """,
            manifest);
    }

    [Fact]
    public async Task An_executable_and_a_resource_of_ones_own_are_written()
    {
        string manifest = await Manifest.OfAsync(builder =>
        {
            builder.AddExecutable("tool", "tool", "tools", "run").WithHttpEndpoint(port: 7000, env: "PORT");
            builder.AddResource(new OwnResource("own")).WithManifestPublishingCallback(context => context.Writer.WriteString("type", "own.v0"));
            builder.AddResource(new OwnResource("mute"));
        });
        Assert.Equal(
            """
            {
              "resources": {
                "tool": {
                  "type": "executable.v0",
                  "workingDirectory": "../tools",
                  "command": "tool",
                  "args": [
                    "run"
                  ],
                  "env": {
                    "PORT": "{tool.bindings.http.targetPort}"
                  },
                  "bindings": {
                    "http": {
                      "scheme": "http",
                      "protocol": "tcp",
                      "transport": "http",
                      "port": 7000,
                      "targetPort": 8000
                    }
                  }
                },
                "own": {
                  "type": "own.v0"
                },
                "mute": {
                  "error": "This resource does not support generation in the manifest."
                }
              }
            }
            """,
            manifest);
    }

    [Fact]
    public async Task A_program_and_a_project_may_be_published_as_containers_in_their_place()
    {
        string manifest = await Manifest.OfAsync(builder =>
        {
            builder.AddExecutable("broker", "java", "broker", "-jar", "/opt/broker.jar").PublishAsDockerFile(container => container.WithArgs("serve"));
            builder.AddProject("api", Manifest.AddWebProject(builder, "Api")).PublishAsDockerFile();
            builder.AddContainer("last", "last");
        });
        Assert.Equal(
            """
            {
              "resources": {
                "broker": {
                  "type": "container.v1",
                  "build": {
                    "context": "../broker",
                    "dockerfile": "../broker/Dockerfile"
                  },
                  "args": [
                    "serve"
                  ]
                },
                "api": {
                  "type": "container.v1",
                  "build": {
                    "context": "../Api",
                    "dockerfile": "../Api/Dockerfile"
                  },
                  "env": {
                    "OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY": "in_memory",
                    "ASPNETCORE_FORWARDEDHEADERS_ENABLED": "true",
                    "HTTP_PORTS": "{api.bindings.http.targetPort}"
                  },
                  "bindings": {
                    "http": {
                      "scheme": "http",
                      "protocol": "tcp",
                      "transport": "http",
                      "targetPort": 8080
                    },
                    "https": {
                      "scheme": "https",
                      "protocol": "tcp",
                      "transport": "http",
                      "targetPort": 8080
                    }
                  }
                },
                "last": {
                  "type": "container.v0",
                  "image": "last:latest"
                }
              }
            }
            """,
            manifest);
    }

    [Fact]
    public async Task The_newer_operation_writes_the_same_bytes()
    {
        string old = await Manifest.OfAsync(Model);
        Assert.Equal(old, await Manifest.OfAsync(Model, ["--operation", "publish", "--step", "publish-manifest"]));
        Assert.Equal(old, await Manifest.OfAsync(Model, ["--operation", "publish"]));

        static void Model(IDistributedApplicationBuilder builder) => builder.AddPostgres("postgres").WithDataVolume().AddDatabase("orders");
    }

    [Theory]
    [InlineData("--operation", "dance")]
    public void An_operation_that_is_not_known_is_refused(string name, string value) =>
        Assert.Contains("dance", Assert.Throws<DistributedApplicationException>(() => DistributedApplication.CreateBuilder([name, value])).Message, StringComparison.Ordinal);

    private sealed class OwnResource(string name) : Resource(name);
}

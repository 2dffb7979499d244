internal import Foundation
internal import Testing

@Suite(
  "deploy/redis/start",
  .enabled(
    if: FileManager.default.isExecutableFile(atPath: "/usr/bin/redis-server"),
    "redis-server is not installed"))
struct RedisStartTests {
  /// Writes `a` and `b` together in transactions, loses power inside the last one, starts twice more, and
  /// prints both. Redis listens on a socket file in `folder` only.
  private func pairAfterPowerFailure(start: String, in folder: String) throws -> Shell.Output {
    try Shell.run(
      """
      set -eu
      cli() { redis-cli -s \(folder)/s "$@"; }
      up() {
        \(start) --port 0 --unixsocket \(folder)/s --save '' --appendonly yes \
          --auto-aof-rewrite-percentage 0 --daemonize no >>\(folder)/log 2>&1 &
        pid=$!
        for _ in $(seq 100); do cli ping 2>/dev/null | grep -q PONG && return; sleep 0.05; done
        cat \(folder)/log; exit 1
      }
      down() { kill -9 $pid; wait $pid 2>/dev/null || true; rm -f \(folder)/s; }
      both() { printf 'MULTI\\nINCR a\\nINCR b\\nEXEC\\n' | cli >/dev/null; }
      up; both; both; both; both; down
      file=$(ls \(folder)/data/appendonlydir/*.incr.aof)
      # The last transaction loses its EXEC and half of its second INCR.
      truncate -s -$((14 + 10)) "$file"
      up; both; down
      up; echo "$(cli get a) $(cli get b)"; down
      """)
  }

  @Test("A power failure inside a transaction leaves none of it")
  func repairsACutFile() throws {
    try Shell.withTemporaryFolder { folder in
      let output = try self.pairAfterPowerFailure(
        start: "deploy/redis/start \(folder)/data", in: folder)
      #expect(output.status == 0, "\(output.text)")
      #expect(output.text == "4 4\n")
    }
  }

  /// Shows that the test above can fail. Newer versions of Redis and Valkey may have mended it.
  @Test(
    "Without the repair, Redis 7.0 brings the cut transaction back",
    .enabled(
      if: (try? Shell.run("redis-server --version").text.contains("v=7.0.")) == true,
      "this is not Redis 7.0"))
  func plainRedisDoesNot() throws {
    try Shell.withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: folder + "/data", withIntermediateDirectories: true)
      let output = try self.pairAfterPowerFailure(
        start: "redis-server --dir \(folder)/data", in: folder)
      #expect(output.status == 0, "\(output.text)")
      #expect(output.text != "4 4\n")
    }
  }

  @Test("The data folder is made, and the settings that the pipeline needs are in force")
  func startsOnNothing() throws {
    try Shell.withTemporaryFolder { folder in
      let output = try Shell.run(
        """
        deploy/redis/start \(folder)/new/data --port 0 --unixsocket \(folder)/s >\(folder)/log 2>&1 &
        pid=$!
        for _ in $(seq 100); do redis-cli -s \(folder)/s ping 2>/dev/null | grep -q PONG && break; sleep 0.05; done
        redis-cli -s \(folder)/s config get maxmemory-policy | tail -n 1
        redis-cli -s \(folder)/s config get appendonly | tail -n 1
        kill $pid; wait $pid
        """)
      #expect(output.text == "noeviction\nyes\n")
    }
  }
}

import Foundation

/// Looks into Redis past all of Verbatim's own code, by `redis-cli`.
struct RedisProbe: Sendable {
  private static let command = "/usr/bin/redis-cli"
  static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: Self.command) }
  static let missingReason = "redis-cli is not installed (apt-get install redis-tools)"

  let port: UInt16

  /// Runs one command.
  ///
  /// - Returns: What redis-cli prints; nil: Redis is away, or still loads its data.
  func run(_ arguments: String...) throws -> String? { try self.run(arguments) }

  private func run(_ arguments: [String]) throws -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.command)
    process.arguments = ["-p", String(self.port), "--raw"] + arguments
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0, !text.hasPrefix("LOADING") else { return nil }
    return text.trimmingCharacters(in: .newlines)
  }

  // MARK: Counters

  /// All jobs at one instant, counted from their records.
  struct Sample: Sendable {
    /// What is wrong; empty: counters are what the records say, and so is what is held.
    var mistakes: [String] = []
    var running = 0
    var jobs = 0
    var total = 0
    var done = 0
    var failed = 0
    var skipped = 0
    /// Grows with every video that is fetched, and again when it is indexed.
    var progress = 0
    /// Results that came too late, since the beginning.
    var stale = 0
    /// Entries taken over from quiet workers.
    var reclaimed = 0
    /// What audits had to mend.
    var repairs = 0
  }

  private static let sampleScript = """
    local P, wrong, sum = 'verbatim:{0}:', {}, {jobs = 0, running = 0, total = 0, d = 0, x = 0, s = 0, progress = 0}
    for _, id in ipairs(redis.call('ZRANGE', P .. 'jobs', '0', '-1')) do
      local h = redis.call('HMGET', P .. 'job:' .. id, 'st', 'q', 'f', 'i', 'd', 'x', 's', 'c')
      if h[1] then
        local n = {q = 0, f = 0, i = 0, d = 0, x = 0, s = 0, c = 0}
        local records = redis.call('HVALS', P .. 'videos:' .. id)
        for _, record in ipairs(records) do
          local state = string.sub(record, 1, 1)
          if state == 'w' then state = 'q' end
          n[state] = n[state] + 1
        end
        sum.progress = sum.progress + n.i + 2 * n.d
        if h[1] == 'X' then n.c = n.q + n.f + n.i; n.q = 0; n.f = 0; n.i = 0 end
        for k, name in ipairs({'q', 'f', 'i', 'd', 'x', 's', 'c'}) do
          if tonumber(h[k + 1]) ~= n[name] then
            wrong[#wrong + 1] = id .. ' ' .. name .. ' ' .. h[k + 1] .. ' is ' .. n[name]
          end
        end
        sum.jobs = sum.jobs + 1
        sum.total = sum.total + #records
        if h[1] == 'R' then sum.running = sum.running + 1 end
        for _, name in ipairs({'d', 'x', 's'}) do sum[name] = sum[name] + n[name] end
      end
    end
    local state = redis.call('HMGET', P .. 'state', 'ready', 'held', 'stale', 'reclaimed_fetch', 'reclaimed_index', 'repairs')
    for k = 1, 6 do state[k] = tonumber(state[k]) or 0 end
    local taken = redis.pcall('XPENDING', P .. 'fetch', 'fetchers')
    local ready = redis.call('XLEN', P .. 'fetch') - (taken.err and 0 or taken[1])
    if state[1] ~= ready and not taken.err then wrong[#wrong + 1] = 'ready ' .. state[1] .. ' is ' .. ready end
    local held = redis.call('XLEN', P .. 'index')
    for _, member in ipairs(redis.call('ZRANGE', P .. 'delay', '0', '-1')) do
      if string.sub(member, 1, 2) == 'i|' then held = held + 1 end
    end
    if state[2] ~= held then wrong[#wrong + 1] = 'held ' .. state[2] .. ' is ' .. held end
    return table.concat({sum.jobs, sum.running, sum.total, sum.d, sum.x, sum.s, sum.progress, state[3], state[4] + state[5],
      state[6]}, ' ') .. ';' .. table.concat(wrong, ',')
    """

  /// Nil: Redis is away.
  func sample() throws -> Sample? {
    guard let text = try self.run("EVAL", Self.sampleScript, "0") else { return nil }
    let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = parts.first?.split(separator: " ").compactMap { Int($0) } ?? []
    guard parts.count == 2, numbers.count == 10 else {
      throw ClusterError("a sample of the counters could not be taken: \(text)")
    }
    var sample = Sample()
    sample.mistakes = parts[1].split(separator: ",").map(String.init)
    sample.jobs = numbers[0]
    sample.running = numbers[1]
    sample.total = numbers[2]
    sample.done = numbers[3]
    sample.failed = numbers[4]
    sample.skipped = numbers[5]
    sample.progress = numbers[6]
    sample.stale = numbers[7]
    sample.reclaimed = numbers[8]
    sample.repairs = numbers[9]
    return sample
  }

  /// How far one job is.
  struct Place: Sendable {
    var total: Int
    /// Fetched, or indexed as well.
    var fetched: Int
    var isListed: Bool
  }

  /// All jobs by their id.
  func places() throws -> [String: Place] {
    let script = """
      local P, out = 'verbatim:{0}:', {}
      for _, id in ipairs(redis.call('ZRANGE', P .. 'jobs', '0', '-1')) do
        local h = redis.call('HMGET', P .. 'job:' .. id, 'sealed', 'q', 'f', 'i', 'd')
        if h[1] then out[#out + 1] = id .. ' ' .. table.concat(h, ' ') end
      end
      return out
      """
    let lines = (try self.run("EVAL", script, "0") ?? "").split(separator: "\n")
    var places: [String: Place] = [:]
    for line in lines {
      let words = line.split(separator: " ")
      let numbers = words.dropFirst().compactMap { Int($0) }
      guard numbers.count == 5 else { continue }
      places[String(words[0])] = Place(
        total: numbers[1...].reduce(0, +), fetched: numbers[3] + numbers[4],
        isListed: numbers[0] == 1)
    }
    return places
  }

  // MARK: Who has what

  /// For how long the quietest consumer of a group has not asked for work, in seconds; nil: Redis is away.
  func longestSilence(stage: String, group: String) throws -> Double? {
    let script = """
      local most = 0
      for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
        for k = 1, #flat, 2 do if flat[k] == 'idle' then most = math.max(most, flat[k + 1]) end end
      end
      return most
      """
    let text = try self.run("EVAL", script, "1", "verbatim:{0}:\(stage)", group)
    return text.flatMap { Double($0) }.map { $0 / 1000 }
  }

  /// The entries that a consumer holds.
  func entries(of consumer: String, stage: String, group: String) throws -> [String] {
    let key = "verbatim:{0}:\(stage)"
    let text = try self.run("XPENDING", key, group, "-", "+", "10000", consumer) ?? ""
    // Four lines an entry: id, consumer, idle time, deliveries.
    let lines = text.split(separator: "\n").map(String.init)
    return stride(from: 0, to: lines.count - 3, by: 4).map { lines[$0] }
  }

  /// How many of these entries there are still.
  func remaining(_ entries: [String], stage: String) throws -> Int {
    let script = """
      local n = 0
      for _, id in ipairs(ARGV) do n = n + #redis.call('XRANGE', KEYS[1], id, id) end
      return n
      """
    let key = "verbatim:{0}:\(stage)"
    return Int(try self.run(["EVAL", script, "1", key] + entries) ?? "") ?? entries.count
  }
}

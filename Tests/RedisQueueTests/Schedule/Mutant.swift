/// One fault put into the functions: the schedules have to find it, or they prove little.
struct Mutant: Sendable, CustomStringConvertible {
  var name: String
  var original: String
  var fault: String
  /// Why nothing can be seen of it; nil: it must be found.
  var harmless: String?
  /// The situation in which it shows, where that is too rare for schedules: this must record an issue.
  var scenario: (@Sendable (QueueFixture) async throws -> Void)?

  var description: String { self.name }

  init(
    _ name: String, _ original: String, _ fault: String, harmless: String? = nil,
    scenario: (@Sendable (QueueFixture) async throws -> Void)? = nil
  ) {
    self.name = name
    self.original = original
    self.fault = fault
    self.harmless = harmless
    self.scenario = scenario
  }

  static let all = [
    // Tokens.
    Mutant(
      "a hand-over needs no token", "v.st ~= 'f' or v.tok ~= tok then", "v.st ~= 'f' then"),
    Mutant(
      "a hand-over that is nothing special needs no token",
      "raw_of(J, vid) == 'f|' .. tok .. '|0|1|' .. eid .. '|'",
      "string.sub(raw_of(J, vid) or '', 1, 2) == 'f|'"),
    Mutant(
      "a completion that is nothing special needs no token",
      "raw_of(J, vid) == 'i|' .. tok .. '|0|1|' .. eid .. '|' .. ftok then",
      "string.sub(raw_of(J, vid) or '', 1, 2) == 'i|' then"),
    Mutant(
      "a completion needs no token", "v.st ~= 'i' or v.tok ~= tok or v.eid ~= eid then",
      "v.st ~= 'i' then"),
    Mutant(
      "failing and releasing need no token",
      "v.st ~= STATE[stage] or v.tok ~= it.tok or v.eid ~= it.eid then",
      "v.st ~= STATE[stage] then"),
    Mutant(
      "listing needs no token", "if x[1] ~= token then count(C, 'stale'); return STALE end", ""),
    // Entries.
    Mutant("XACK without XDEL", "call('XDEL', P .. stage, unpack(ids))", ""),
    Mutant("XDEL without XACK", "call('XACK', P .. stage, GROUP[stage], unpack(ids))", ""),
    Mutant(
      "a lost payload is not fetched again",
      "shift(J, v, 'q')\n  requeue(C, J, v.vid, true)\n  unlock", "shift(J, v, 'q')\n  unlock"),
    Mutant("a released video has no place", "requeue(C, J, it.vid, true)", ""),
    Mutant("a delayed task stays in the ZSET", "call('ZREM', C.P .. 'delay', unpack(due))", ""),
    Mutant(
      "a paused job's entry is begun", "if J.paused then\n    drop", "if false then\n    drop",
      harmless: "what was in the window when the job was paused is fetched, and counted"),
    // Counters and records.
    Mutant("a counter is not moved", "n[into] = n[into] + 1", ""),
    Mutant("cancelling keeps the counters", "n.q = 0; n.f = 0; n.i = 0", ""),
    Mutant("a page that is read twice counts twice", "if not have[k] and not seen", "if not seen"),
    Mutant(
      "a job does not end with its last video", "(J.moved or J.check) and J.running",
      "J.check and J.running"),
    // Bytes, payloads, bounds.
    Mutant("bytes are not given back", "C.bytes = C.bytes - bytes\n", "\n"),
    Mutant("a batch's bytes are not given back", "C.bytes = C.bytes - bytes_out\n", "\n"),
    Mutant("held is not given back", "C.held = C.held - 1", ""),
    Mutant(
      "an ended job's entry is dropped although nobody has it",
      "if held.err or #held == 0 then return end", "", scenario: RollbackTests.undelivered),
    Mutant(
      "an ended job's entry is dropped whosever it is",
      "if not e or e[2][1] ~= id or e[2][2] ~= vid then return end",
      "if not e then return end", scenario: RollbackTests.idsAgain),
    Mutant("payloads are kept", "if payload ~= '' then C.unlink[#C.unlink + 1] = payload end", ""),
    Mutant(
      "a stale result's payload is kept",
      "C.unlink[#C.unlink + 1] = payload\n    count(C, 'stale')", "count(C, 'stale')"),
    Mutant("ready is not counted down", "C.ready = C.ready - #entries", ""),
    Mutant("the window has no bound", "local free = target - C.ready", "local free = 50"),
    Mutant(
      "a poison task is tried for ever", "if v.dlv <= C.cfg.max_deliveries then return false end",
      "if true then return false end"),
    // Locks.
    Mutant("nobody locks", "set_lock(C, key, J.id)", ""),
    Mutant(
      "a failed video keeps its lock",
      "dead(C, stage, J, v, why, message)\n  unlock(C, J.id, v.vid .. J.suffix)",
      "dead(C, stage, J, v, why, message)"),
    Mutant(
      "a video that waits for its retry keeps its lock", "unlock(C, J.id, vid .. J.suffix, due)",
      ""),
    Mutant(
      "those who wait are forgotten when the video is done",
      "if anybody_parked(C) and call('SISMEMBER', C.P .. 'parked', key) == 1 then free_waiters(C, key, true) end",
      ""),
    Mutant(
      "a lock that nobody honours when all looks new",
      "and lock[key] == false and lock_changed[key] == nil", "and lock[key] ~= nil"),
    Mutant("a lock that nobody honours", "if lock_live(C, key) then", "if false then"),
    Mutant(
      "what has no lock lets go of another's",
      "if not listed then indexed(C, vid .. J.suffix, now_s) end",
      "indexed(C, vid .. J.suffix, now_s)",
      harmless: "nobody forces a fetch in the schedules; the tests of sharing do"),
    // Turns.
    Mutant(
      "a job is in the ring twice", "if J.ring or J.paused or at_cap(J) then return end",
      "if J.paused or at_cap(J) then return end"),
    Mutant("what left the fetch stage is counted as there", "J.out = J.out - 1\n", "\n"),
    Mutant(
      "a job takes more than it may",
      "if J.cap > 0 then most = math.min(most, J.cap - J.out) end", ""),
    Mutant(
      "an audit finds fault with what waits", "if not todo[vid] and not fetches[vid]",
      "if not fetches[vid]"),
    Mutant(
      "a resumed job has no turn",
      "if call('EXISTS', C.P .. 'todo:' .. id) == 1 then enring(C, J) end", ""),
    Mutant(
      "a resumed job is not listed on",
      "if call('HGET', C.P .. 'job:' .. id, 'xe') == 'paused' then offer_expansion(C, J) end", ""),
    Mutant(
      "two jobs run for one playlist",
      "if J and J.running then return {current == id and 1 or 0, snapshot(P, current)} end", ""),
    // Guards that something else guards too: kept, because a second mistake would need them.
    Mutant(
      "the entry of a video in work is not compared", "v.st == 'f' and v.eid == eid ",
      "v.st == 'f' ", harmless: "a video has one entry: it is deleted with every change of state"),
    Mutant(
      "the entry of a video to index is not compared", "v.st ~= 'i' or v.eid ~= eid then",
      "v.st ~= 'i' then", harmless: "the same"),
    Mutant(
      "a revived letter lives twice", "elseif v.st == 'x' then\n    v.att",
      "elseif true then\n    v.att",
      harmless: "a letter and the failed record it tells of come and go together"),
  ]
}

#!lua name=verbatim1
--[[
The pipeline's transitions, one Redis Function each. Redis >= 7.0.

Rules that never break:
  * One function per transition. It checks the job's state, the token of the claim and who owns the entry.
  * Repeating a call changes nothing. A report with an old token answers `stale`.
  * Counters and records change together, only here: at every instant a video is counted exactly once.
  * XACK and XDEL go together. Work streams are never trimmed. They hold a window of work, not the backlog.
  * Delays live in a ZSET, never inside a delivered entry.
  * What drains the pipeline is flagged allow-oom; what fills it is not.

KEYS[1] of every function is the prefix, such as `verbatim:{0}:`; every key begins with it, so its hash tag keeps a
pipeline in one Redis Cluster slot. KEYS[2] of `submit` is the full name of the source's `playlist_task:` key.

function              arguments                                               returns
verbatim1_version     -                                                       revision:hash of this text
verbatim1_submit      job, source, languages, force 0|1, video or ''          created 0|1, snapshot (or error FULL)
verbatim1_job         job                                                     snapshot, or nil
verbatim1_jobs        count, before (score, or '')                            next (score, or ''), snapshot...
verbatim1_cancel      job                                                     snapshot, or nil
verbatim1_take_expansions  consumer, nonce, count, from                       last, due, (entry job token attempt source cursor)...
verbatim1_append      consumer, job, entry, token, sealed 0|1, cursor, title, stated, (video kind message)...   outcome
verbatim1_fail_expansion   consumer, job, entry, token, consequence, retry after ms, random, kind, message       outcome
verbatim1_beat_expansions  consumer, (job entry token)...                     outcome...
verbatim1_release_expansions  consumer, (job entry token)...                  outcome...
verbatim1_take_fetches     consumer, nonce, count, from                       last, due, (entry job video token attempt languages)...
verbatim1_hand_over        consumer, (entry job video token)...               outcome...
verbatim1_take_indexes     consumer, nonce, count, from, max bytes            last, due, (entry job video token attempt payload bytes source)...
verbatim1_complete         consumer, (entry job video token payload bytes)... outcome...
verbatim1_fail        stage, consumer, (entry job video token payload bytes consequence retry-after-ms random kind message)... outcome...
verbatim1_beat        stage, consumer, (entry job video token)...             outcome...
verbatim1_release     stage, consumer, (entry job video token payload bytes)...   outcome...
verbatim1_tidy        consumer                                                consumers removed
verbatim1_stats       -                                                       name, value, ...
verbatim1_config      -                                                       name, value, ... (as in force)
verbatim1_permit      identity, count                                         wait ms (0: granted), ms per request
verbatim1_report      identity, ok|throttled|blocked, retry-after ms, random  state, open for ms, rate
verbatim1_limits      identity                                                state, open for ms, rate, in the last hour

stage         fetch | index
from          `>`: new entries; `idle`: entries of quiet consumers; an entry's id: this consumer's own, after that id
last          with `>` and nothing there: the id to wait after (XREAD BLOCK); with an id: where to go on ('': the end)
due           milliseconds until something delayed is due; -1: nothing is
outcome       ok | stale | cancelled | missing (the payload is not there: upload it again)
consequence   permanent | retry | wait
random        0 <= random < 1: full jitter; given by the caller, because scripts have no randomness of their own
snapshot      job, source, title, state, q, f, i, d, x, s, c, sealed, stated, error, created, ended, version
state (job)   R running, D done, X cancelled, F failed
state (video) q queued, w waiting for another job's fetch (counted as q), f fetching, i indexing, d done, x failed, s skipped

Key (after the prefix)   type    content                                                     lifetime
job:<job>                hash    state, source, options, counters, expansion                 ended_ttl after the end
videos:<job>             hash    video -> state|token|attempts|deliveries|entry|fetch token  with the job
errors:<job>             hash    video -> kind, newline, message                             with the job
todo:<job>               list    videos not yet in the stream                                emptied
ring                     list    jobs with a todo list, each once                            -
jobs                     zset    job by creation                                             pruned
expand, fetch, index     stream  work entries; groups gateways, fetchers, indexers           window
delay                    zset    e|job, f|job|video, i|job|video|bytes by due time           -
payload:<job>:<video>:<fetch token>  string  compressed transcript, uploaded by the fetcher  set by the fetcher
lock                     hash    dedupe key -> job that fetches or indexes it                -
parked                   set     dedupe keys that jobs wait for                              -
waiting:<dedupe key>     list    those jobs                                                  -
recent:<n>               hash    dedupe key -> job, of one generation of recent_ms           2 generations
state                    hash    bytes (of payloads in the index stage), ready (undelivered fetches), counters
dead                     stream  dead letters                                                max_dead
events                   stream  jobs that changed                                           max_events
config                   hash    settings that differ from the defaults below                -
limit:<identity>         hash    token bucket, breaker and hourly count                      a day unused

A dedupe key is the video, and the languages where a job asks for some: `video~languages`.
--]]

local VERSION = '@VERSION@'

local GROUP = {expand = 'gateways', fetch = 'fetchers', index = 'indexers'}

-- Settings of the pipeline; a field of the same name in the hash `config` overrides one.
local SETTINGS = {
  window = 512,                 -- undelivered entries in the fetch stream
  max_index_entries = 4096,     -- entries in the index stream, above which nothing is fed
  max_index_bytes = 134217728,  -- bytes of their payloads, likewise (128 MiB)
  max_attempts = 5,
  max_deliveries = 5,           -- crashes of a task; more is poison
  lease_ms = 30000,             -- an entry of a consumer that was quiet for so long is taken over
  backoff_base_ms = 1000,       -- full jitter below base * 2^(attempt - 1)
  backoff_max_ms = 300000,
  identity_wait_ms = 5000,      -- least wait when the egress identity is the problem
  recent_ms = 43200000,         -- a video indexed in this or the last span of so long is skipped (12 to 24 h)
  ended_ttl_s = 7200,
  max_jobs = 10000,             -- jobs that run or are remembered
  max_videos_per_job = 100000,
  max_dead = 10000,
  max_events = 1000,
  consumer_idle_ms = 3600000,   -- a consumer without entries, quiet for so long, is removed
}

-- Settings of the rate limiter; in the same hash.
local LIMITS = {
  limit_rate = 1,               -- requests a second of an identity, at most
  limit_min_rate = 0.05,        -- after halvings, at least
  limit_burst = 20,
  limit_hourly = 900,           -- in any hour (sliding estimate)
  limit_raise_after = 100,      -- clean requests for 10 % more
  limit_throttled_ms = 10000,   -- first pause after a throttling, doubled each time
  limit_throttled_max_ms = 600000,
  limit_blocked_ms = 900000,    -- first pause after a block, doubled each time
  limit_blocked_max_ms = 3600000,
  limit_probe_ms = 15000,       -- a probe without a report is repeated after so long
}

-- Neither redis.call nor pairs exists while a library is being loaded: no alias, and lists of names are made later.
local function call(...) return redis.call(...) end

local NAMES = {}

local function settings(P, defaults)
  local names = NAMES[defaults]
  if not names then
    names = {}
    for name in pairs(defaults) do names[#names + 1] = name end
    NAMES[defaults] = names
  end
  local h, cfg = call('HMGET', P .. 'config', unpack(names)), {}
  for k, name in ipairs(names) do cfg[name] = tonumber(h[k]) or defaults[name] end
  return cfg
end

local function clock()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- One call's view of the pipeline: what was read is read once, what changes is written once, by close().
local function open(P)
  return {
    P = P, now = clock(), cfg = settings(P, SETTINGS), jobs = {}, order = {},
    lock = {}, lock_changed = {}, gone = {expand = {}, fetch = {}, index = {}}, bytes = 0, ready = 0,
    indexed = {}, unlink = {}, tally = {},
  }
end

-- Jobs and records ---------------------------------------------------------------------------------------------------

local JOB_FIELDS = {
  'st', 'src', 'key', 'langs', 'force', 'sealed', 'ring', 'ver', 'q', 'f', 'i', 'd', 'x', 's', 'c',
}
local COUNTS = {'q', 'f', 'i', 'd', 'x', 's', 'c'}
-- w is counted as queued; c exists as a counter only.
local BUCKET = {q = 'q', w = 'q', f = 'f', i = 'i', d = 'd', x = 'x', s = 's'}

local function job(C, id)
  local J = C.jobs[id]
  if J ~= nil then return J end
  local h = call('HMGET', C.P .. 'job:' .. id, unpack(JOB_FIELDS))
  if not h[1] then C.jobs[id] = false; return false end
  J = {
    id = id, running = h[1] == 'R', src = h[2], key = h[3], langs = h[4], force = h[5] == '1',
    sealed = h[6] == '1', ring = h[7] == '1', ver = tonumber(h[8]), n = {}, rec = {}, dirty = {}, set = {},
  }
  for k, name in ipairs(COUNTS) do J.n[name] = tonumber(h[8 + k]) end
  J.suffix = J.langs == '' and '' or '~' .. J.langs
  C.jobs[id] = J
  C.order[#C.order + 1] = J
  return J
end

local function set(J, field, value)
  local s = J.set
  s[#s + 1] = field; s[#s + 1] = value
  J.changed = true
end

local function parse(s)
  if not s then return false end
  local st, tok, att, dlv, eid, ftok = string.match(s, '^(%a)|([^|]*)|(%d+)|(%d+)|([^|]*)|(.*)$')
  return {st = st, tok = tok, att = tonumber(att), dlv = tonumber(dlv), eid = eid, ftok = ftok}
end

local function record(C, J, vid)
  local v = J.rec[vid]
  if v == nil then
    v = parse(call('HGET', C.P .. 'videos:' .. J.id, vid))
    J.rec[vid] = v
  end
  return v
end

-- Gives each item its job (J) and record (v), with one HMGET a job. False: there is none.
local function load(C, items)
  local ids, order = {}, {}
  for _, it in ipairs(items) do
    it.J = job(C, it.job)
    if it.J and it.J.rec[it.vid] == nil then
      local list = ids[it.J]
      if not list then list = {}; ids[it.J] = list; order[#order + 1] = it.J end
      list[#list + 1] = it.vid
      it.J.rec[it.vid] = false
    end
  end
  for _, J in ipairs(order) do
    local list = ids[J]
    local r = call('HMGET', C.P .. 'videos:' .. J.id, unpack(list))
    for k, vid in ipairs(list) do J.rec[vid] = parse(r[k]) end
  end
  for _, it in ipairs(items) do it.v = it.J and it.J.rec[it.vid] end
end

-- The only place where counters change: one video leaves one bucket and enters another.
local function shift(J, vid, v, to)
  local from, into = BUCKET[v.st], BUCKET[to]
  v.st = to
  J.dirty[vid] = v
  if from ~= into then
    J.n[from] = J.n[from] - 1
    J.n[into] = J.n[into] + 1
    J.moved = true
  end
end

local function keep(J, vid, v) J.dirty[vid] = v end

local function enring(C, J)
  if J.ring then return end
  J.ring = true; J.ring_changed = true
  call('RPUSH', C.P .. 'ring', J.id)
end

local function requeue(C, J, vid, first)
  call(first and 'LPUSH' or 'RPUSH', C.P .. 'todo:' .. J.id, vid)
  enring(C, J)
end

local function remember_error(C, J, vid, kind, message)
  call('HSET', C.P .. 'errors:' .. J.id, vid, kind .. '\n' .. message)
end

local function dead(C, stage, J, vid, v, why, message)
  call('XADD', C.P .. 'dead', 'MAXLEN', '~', C.cfg.max_dead, '*', 'stage', stage, 'job', J.id, 'video', vid,
    'source', J.src, 'reason', why, 'message', message, 'attempts', v.att, 'deliveries', v.dlv, 'at', C.now)
  C.tally.dead = (C.tally.dead or 0) + 1
end

-- Entries ------------------------------------------------------------------------------------------------------------

local function drop(C, stage, eid) local g = C.gone[stage]; g[#g + 1] = eid end

-- An index entry that may or may not be there any more: bytes are given back exactly once.
local function drop_index(C, eid, payload, bytes)
  call('XACK', C.P .. 'index', GROUP.index, eid)
  if call('XDEL', C.P .. 'index', eid) == 1 then C.bytes = C.bytes - (tonumber(bytes) or 0) end
  if payload ~= '' then call('UNLINK', payload) end
end

-- An index entry that is certainly there: leaves with the others of the batch.
local function end_index(C, eid, payload, bytes)
  drop(C, 'index', eid)
  C.unlink[#C.unlink + 1] = payload
  C.bytes = C.bytes - bytes
end

local function payload_key(C, id, vid, token) return C.P .. 'payload:' .. id .. ':' .. vid .. ':' .. token end

-- Groups vanish with FLUSHALL: whoever misses one makes it, from the first entry on.
local function ensure_group(C, stage)
  redis.pcall('XGROUP', 'CREATE', C.P .. stage, GROUP[stage], '0', 'MKSTREAM')
  if stage == 'fetch' then
    call('HSET', C.P .. 'state', 'ready', call('XLEN', C.P .. 'fetch'))
    C.ready = 0
  end
end

local function fields(flat)
  local t = {}
  for k = 1, #flat, 2 do t[flat[k]] = flat[k + 1] end
  return t
end

-- Reads entries as `from` says; the second result is the id of the last one seen.
local function read(C, stage, me, count, from)
  local key, group, entries = C.P .. stage, GROUP[stage], nil
  if from == 'idle' then
    local idle = redis.pcall('XPENDING', key, group, 'IDLE', C.cfg.lease_ms, '-', '+', count)
    if idle.err then return {}, '' end
    local ids = {}
    for k, p in ipairs(idle) do ids[k] = p[1] end
    entries = #ids > 0 and call('XCLAIM', key, group, me, C.cfg.lease_ms, unpack(ids)) or {}
    if #entries > 0 then C.tally['reclaimed_' .. stage] = #entries end
  else
    local r = redis.pcall('XREADGROUP', 'GROUP', group, me, 'COUNT', count, 'STREAMS', key, from)
    if r and r.err then
      ensure_group(C, stage)
      r = call('XREADGROUP', 'GROUP', group, me, 'COUNT', count, 'STREAMS', key, from)
    end
    entries = r and r[1][2] or {}
    if from == '>' and stage == 'fetch' then C.ready = C.ready - #entries end
  end
  local items, last = {}, ''
  for _, e in ipairs(entries) do
    last = e[1]
    if e[2] then
      local f = fields(e[2])
      items[#items + 1] = {eid = e[1], job = f.j, vid = f.v, payload = f.r, bytes = tonumber(f.n)}
    else
      drop(C, stage, e[1])      -- deleted, but still pending
    end
  end
  return items, last
end

-- Locks: one fetch of a video at a time --------------------------------------------------------------------------

local function get_lock(C, key)
  local owner = C.lock[key]
  if owner == nil then
    owner = call('HGET', C.P .. 'lock', key)
    C.lock[key] = owner
  end
  return owner
end

local function set_lock(C, key, owner)
  C.lock[key] = owner
  C.lock_changed[key] = true
end

local function anybody_parked(C)
  if C.parked == nil then C.parked = call('SCARD', C.P .. 'parked') > 0 end
  return C.parked
end

-- The owner lets go of a video. done: those who wait have it as well; else one of them fetches it, at `due` if given.
local function unlock(C, owner, key, done, due)
  if get_lock(C, key) ~= owner then return end
  set_lock(C, key, false)
  if not anybody_parked(C) or call('SREM', C.P .. 'parked', key) == 0 then return end
  local jobs = call('LRANGE', C.P .. 'waiting:' .. key, 0, -1)
  call('DEL', C.P .. 'waiting:' .. key)
  local vid = string.match(key, '^[^~]*')
  for _, id in ipairs(jobs) do
    local J = job(C, id)
    local v = J and J.running and record(C, J, vid)
    if v and v.st == 'w' then
      if done then
        shift(J, vid, v, 's')
      else
        shift(J, vid, v, 'q')
        if due then call('ZADD', C.P .. 'delay', due, 'f|' .. id .. '|' .. vid) else requeue(C, J, vid) end
      end
    end
  end
end

-- Whether somebody works on it. The lock of a job that ended, or does not hold the video any more, is taken away here.
local function lock_live(C, key)
  local owner = get_lock(C, key)
  if not owner then return false end
  local J = job(C, owner)
  local v = J and J.running and record(C, J, (string.match(key, '^[^~]*')))
  if v and (v.st == 'f' or v.st == 'i') then return true end
  unlock(C, owner, key, false)
  return false
end

local function park(C, J, vid, v, key)
  shift(J, vid, v, 'w')
  v.eid = ''
  call('RPUSH', C.P .. 'waiting:' .. key, J.id)
  call('SADD', C.P .. 'parked', key)
  C.parked = true
end

local function generation(C) return math.floor(C.now / C.cfg.recent_ms) end

-- The end of a call ----------------------------------------------------------------------------------------------

-- What was delayed and is due goes where it belongs.
local function promote(C)
  local due = call('ZRANGEBYSCORE', C.P .. 'delay', '-inf', C.now, 'LIMIT', 0, 128)
  for _, member in ipairs(due) do
    call('ZREM', C.P .. 'delay', member)
    local kind, id, vid, bytes = string.match(member, '^(%a)|([^|]*)|?([^|]*)|?(%d*)$')
    local J = job(C, id)
    local live = J and J.running
    if kind == 'e' then
      if live and not J.sealed then set(J, 'xe', call('XADD', C.P .. 'expand', '*', 'j', id)) end
    elseif kind == 'f' then
      if live then requeue(C, J, vid, true) end
    else
      local v = J and record(C, J, vid)
      local payload = v and payload_key(C, id, vid, v.ftok) or ''
      if live and v and v.st == 'i' and call('EXISTS', payload) == 1 then
        v.eid = call('XADD', C.P .. 'index', '*', 'j', id, 'v', vid, 'r', payload, 'n', bytes)
        keep(J, vid, v)
      else
        C.bytes = C.bytes - tonumber(bytes)
        if payload ~= '' then call('UNLINK', payload) end
        if live and v and v.st == 'i' then      -- the payload is gone: fetch it again
          shift(J, vid, v, 'q'); v.ftok = ''; v.dlv = 0
          requeue(C, J, vid, true)
        end
        if J then unlock(C, id, vid .. J.suffix, false) end
      end
    end
  end
end

-- Fills the window of the fetch stream, round robin over jobs, unless the index stage is full.
local function feed(C, ready, bytes)
  if bytes >= C.cfg.max_index_bytes then return 0 end
  local window = C.cfg.window
  local free = window - ready
  if free <= 0 or free < window / 4 then return 0 end     -- refilled in strides: cheaper, and never empty before
  if call('XLEN', C.P .. 'index') >= C.cfg.max_index_entries then return 0 end
  local added = 0
  while free > 0 do
    local ring = call('LLEN', C.P .. 'ring')
    if ring == 0 then break end
    -- The same share for each job of a round; what is left over goes into the next round.
    local share = math.max(1, math.floor(free / ring))
    for _ = 1, math.min(ring, free) do
      local J = job(C, call('LPOP', C.P .. 'ring'))
      local ids = J and J.running and call('LPOP', C.P .. 'todo:' .. J.id, share) or {}
      for _, vid in ipairs(ids) do call('XADD', C.P .. 'fetch', '*', 'j', J.id, 'v', vid) end
      added = added + #ids
      free = free - #ids
      if #ids == share then
        call('RPUSH', C.P .. 'ring', J.id)
      elseif J then
        J.ring = false; J.ring_changed = true
      end
    end
  end
  return added
end

local function end_job(C, J, state)
  J.running = false
  set(J, 'st', state); set(J, 'ended', C.now)
  J.ended = true
  if call('GET', J.key) == J.id then
    if state == 'X' then call('DEL', J.key) else call('EXPIRE', J.key, C.cfg.ended_ttl_s) end
  end
end

-- Promotes and feeds, then writes all that changed and tells watchers. Every function that changes anything ends here.
local function close(C)
  promote(C)
  local P = C.P
  local h = call('HMGET', P .. 'state', 'ready', 'bytes')
  local ready, bytes = (tonumber(h[1]) or 0) + C.ready, (tonumber(h[2]) or 0) + C.bytes
  local fed = feed(C, ready, bytes)
  ready = ready + fed
  if C.ready ~= 0 or C.bytes ~= 0 or fed > 0 then call('HSET', P .. 'state', 'ready', ready, 'bytes', bytes) end
  C.ready = 0; C.bytes = 0

  for stage, ids in pairs(C.gone) do
    if #ids > 0 then
      call('XACK', P .. stage, GROUP[stage], unpack(ids))
      call('XDEL', P .. stage, unpack(ids))
      C.gone[stage] = {}
    end
  end
  if #C.unlink > 0 then call('UNLINK', unpack(C.unlink)); C.unlink = {} end

  local locks, unlocks = {}, {}
  for key in pairs(C.lock_changed) do
    local owner = C.lock[key]
    if owner then locks[#locks + 1] = key; locks[#locks + 1] = owner else unlocks[#unlocks + 1] = key end
  end
  if #locks > 0 then call('HSET', P .. 'lock', unpack(locks)) end
  if #unlocks > 0 then call('HDEL', P .. 'lock', unpack(unlocks)) end
  C.lock_changed = {}
  if #C.indexed > 0 then
    local key = P .. 'recent:' .. generation(C)
    call('HSET', key, unpack(C.indexed))
    call('PEXPIRE', key, C.cfg.recent_ms * 2)
    C.indexed = {}
  end

  local changed = {}
  for _, J in ipairs(C.order) do
    if (J.moved or J.check) and J.running and J.sealed and J.n.q + J.n.f + J.n.i == 0 then
      end_job(C, J, 'D')
    end
    local list = {}
    for vid, v in pairs(J.dirty) do
      list[#list + 1] = vid
      list[#list + 1] = v.st .. '|' .. v.tok .. '|' .. v.att .. '|' .. v.dlv .. '|' .. v.eid .. '|' .. v.ftok
    end
    if #list > 0 then call('HSET', P .. 'videos:' .. J.id, unpack(list)); J.dirty = {} end
    if J.moved or J.changed then
      J.ver = J.ver + 1
      local s = J.set
      s[#s + 1] = 'ver'; s[#s + 1] = J.ver
      for _, name in ipairs(COUNTS) do s[#s + 1] = name; s[#s + 1] = J.n[name] end
      changed[#changed + 1] = J.id
    end
    if J.ring_changed then J.set[#J.set + 1] = 'ring'; J.set[#J.set + 1] = J.ring and '1' or '0' end
    if #J.set > 0 then call('HSET', P .. 'job:' .. J.id, unpack(J.set)) end
    if J.ended then
      for _, kind in ipairs({'job:', 'videos:', 'errors:'}) do call('EXPIRE', P .. kind .. J.id, C.cfg.ended_ttl_s) end
    end
    J.set = {}; J.moved = false; J.changed = false; J.ring_changed = false; J.ended = false; J.check = false
  end
  if #changed > 0 then
    call('XADD', P .. 'events', 'MAXLEN', '~', C.cfg.max_events, '*', 'jobs', table.concat(changed, ','))
  end
  for name, n in pairs(C.tally) do call('HINCRBY', P .. 'state', name, n) end
  C.tally = {}
  return fed
end

-- Where a reader that found nothing waits, and until when.
local function rest(C, stage)
  local info = redis.pcall('XINFO', 'STREAM', C.P .. stage)
  local last = '0-0'
  if not info.err then
    for k = 1, #info, 2 do if info[k] == 'last-generated-id' then last = info[k + 1] end end
  end
  local first = call('ZRANGE', C.P .. 'delay', 0, 0, 'WITHSCORES')
  return last, first[2] and math.max(0, math.ceil(tonumber(first[2]) - C.now)) or -1
end

-- The answer of a take; `out` begins with two places for this.
local function answer(C, stage, from, last, out)
  if from ~= '>' then
    out[1] = last
  elseif #out == 2 then
    out[1], out[2] = rest(C, stage)
  end
  return out
end

-- Jobs ---------------------------------------------------------------------------------------------------------------

local SNAPSHOT = {
  'src', 'title', 'st', 'q', 'f', 'i', 'd', 'x', 's', 'c', 'sealed', 'stated', 'err', 'created', 'ended', 'ver',
}

local function snapshot(P, id)
  local h = call('HMGET', P .. 'job:' .. id, unpack(SNAPSHOT))
  if not h[1] then return false end
  local r = {id}
  for k = 1, #SNAPSHOT do r[k + 1] = h[k] or '' end
  return r
end

-- Forgets jobs whose record has expired; at most `count` of the oldest are looked at.
local function prune(C, count)
  for _, id in ipairs(call('ZRANGE', C.P .. 'jobs', 0, count - 1)) do
    if call('EXISTS', C.P .. 'job:' .. id) == 0 then call('ZREM', C.P .. 'jobs', id) end
  end
end

local function submit(K, A)
  local id, source, langs, force, vid = A[1], A[2], A[3], A[4], A[5]
  local C, key = open(K[1]), K[2]
  local P = C.P
  local current = call('GET', key)
  if current then
    local J = job(C, current)
    if J and J.running then return {current == id and 1 or 0, snapshot(P, current)} end
  end
  if call('EXISTS', P .. 'job:' .. id) == 1 then return {0, snapshot(P, id)} end   -- repeated after its end
  if call('ZCARD', P .. 'jobs') >= C.cfg.max_jobs then
    prune(C, 256)
    if call('ZCARD', P .. 'jobs') >= C.cfg.max_jobs then
      return redis.error_reply('FULL ' .. C.cfg.max_jobs .. ' jobs run or ended lately (setting max_jobs)')
    end
  end
  local newest = call('ZREVRANGE', P .. 'jobs', 0, 0, 'WITHSCORES')
  -- Scores are unique, so that a score is also a place in the list.
  call('ZADD', P .. 'jobs', math.max(C.now, (tonumber(newest[2]) or 0) + 1), id)
  call('SET', key, id)
  call('HSET', P .. 'job:' .. id, 'st', 'R', 'src', source, 'key', key, 'langs', langs, 'force', force,
    'sealed', 0, 'ring', 0, 'ver', 1, 'created', C.now, 'q', 0, 'f', 0, 'i', 0, 'd', 0, 'x', 0, 's', 0, 'c', 0,
    'xa', 0, 'xd', 0)
  local J = job(C, id)
  if vid ~= '' then             -- one video: nothing has to be listed
    J.rec[vid] = {st = 'q', tok = '', att = 0, dlv = 0, eid = '', ftok = ''}
    keep(J, vid, J.rec[vid])
    J.n.q = 1; J.moved = true; J.sealed = true
    set(J, 'sealed', 1); set(J, 'stated', 1)
    requeue(C, J, vid)
  else
    set(J, 'xe', call('XADD', P .. 'expand', '*', 'j', id))
  end
  close(C)
  return {1, snapshot(P, id)}
end

local function get_job(K, A) return snapshot(K[1], A[1]) end

local function list_jobs(K, A)
  local P, count = K[1], tonumber(A[1])
  local r = call('ZREVRANGEBYSCORE', P .. 'jobs', A[2] == '' and '+inf' or '(' .. A[2], '-inf', 'WITHSCORES',
    'LIMIT', 0, count)
  local out = {#r == count * 2 and r[#r] or ''}
  for k = 1, #r, 2 do
    local s = snapshot(P, r[k])
    if s then out[#out + 1] = s end
  end
  return out
end

-- One step whatever the number of videos: records are left as they are, and read as cancelled.
local function cancel(K, A)
  local C, id = open(K[1]), A[1]
  local J = job(C, id)
  if not J then return false end
  if J.running then
    local n = J.n
    n.c = n.q + n.f + n.i
    n.q = 0; n.f = 0; n.i = 0
    J.moved = true
    call('UNLINK', C.P .. 'todo:' .. id)
    end_job(C, J, 'X')
  end
  close(C)
  return snapshot(C.P, id)
end

-- Expansion of a source into videos ------------------------------------------------------------------------------

local function fail_listing(C, J, message)
  J.sealed = true; J.check = true
  set(J, 'sealed', 1); set(J, 'err', message); set(J, 'xe', '')
  local n = J.n
  if n.q + n.f + n.i + n.d + n.x + n.s == 0 then end_job(C, J, 'F') end
end

local function take_expansions(K, A)
  local me, nonce, count, from = A[1], A[2], tonumber(A[3]), A[4]
  local C = open(K[1])
  local P = C.P
  local items, last = read(C, 'expand', me, count, from)
  if #items == 0 and from == '>' then
    close(C)
    items = read(C, 'expand', me, count, from)
  end
  local out = {'', -1}
  for _, it in ipairs(items) do
    local J = job(C, it.job)
    local x = J and call('HMGET', P .. 'job:' .. it.job, 'xe', 'xa', 'xd', 'cur')
    if not J or not J.running or J.sealed or x[1] ~= it.eid then
      drop(C, 'expand', it.eid)
    else
      local deliveries = x[3] + 1
      call('HSET', P .. 'job:' .. it.job, 'xd', deliveries)
      if deliveries > C.cfg.max_deliveries then
        drop(C, 'expand', it.eid)
        fail_listing(C, J, 'listing the videos failed ' .. C.cfg.max_deliveries .. ' times without an answer')
      else
        local token = me .. '#' .. deliveries .. '#' .. nonce
        call('HSET', P .. 'job:' .. it.job, 'xt', token)
        for _, value in ipairs({it.eid, it.job, token, x[2] + 1, J.src, x[4] or ''}) do out[#out + 1] = value end
      end
    end
  end
  close(C)
  return answer(C, 'expand', from, last, out)
end

-- Checks a claim on an expansion. Nil: it holds; otherwise the outcome to answer.
local function expansion_refused(C, J, eid, token)
  if not J or not J.running then drop(C, 'expand', eid); return 'cancelled' end
  local x = call('HMGET', C.P .. 'job:' .. J.id, 'xt', 'xe')
  if x[1] ~= token then return 'stale' end
  if J.sealed then return 'ok' end              -- the reply was lost, the call is repeated
  if x[2] ~= eid then return 'stale' end
end

local function renew(C, stage, me, eids)
  if #eids == 0 then return end
  local arguments = {'XCLAIM', C.P .. stage, GROUP[stage], me, 0}
  for _, eid in ipairs(eids) do arguments[#arguments + 1] = eid end
  arguments[#arguments + 1] = 'JUSTID'
  redis.pcall(unpack(arguments))                -- a group that vanished is made again by the next take
end

local function append(K, A)
  local me, id, eid, token = A[1], A[2], A[3], A[4]
  local sealed, cursor, title, stated = A[5] == '1', A[6], A[7], A[8]
  local C = open(K[1])
  local P = C.P
  local J = job(C, id)
  local refused = expansion_refused(C, J, eid, token)
  if refused then close(C); return refused end
  local total = 0
  for _, name in ipairs(COUNTS) do total = total + J.n[name] end

  local ids = {}
  for k = 9, #A, 3 do ids[#ids + 1] = A[k] end
  local have = #ids > 0 and call('HMGET', P .. 'videos:' .. id, unpack(ids)) or {}
  local push, seen = {}, {}
  for k, vid in ipairs(ids) do
    if not have[k] and not seen[vid] then
      if total >= C.cfg.max_videos_per_job then
        set(J, 'err', 'only the first ' .. C.cfg.max_videos_per_job .. ' videos are indexed')
        sealed = true
        break
      end
      seen[vid] = true
      total = total + 1
      local kind, message = A[9 + (k - 1) * 3 + 1], A[9 + (k - 1) * 3 + 2]
      local v = {st = 'q', tok = '', att = 0, dlv = 0, eid = '', ftok = ''}
      if kind ~= '' then        -- the list itself says that it cannot be played
        v.st = 'x'
        remember_error(C, J, vid, kind, message)
      else
        push[#push + 1] = vid
      end
      J.rec[vid] = v
      keep(J, vid, v)
      J.n[v.st] = J.n[v.st] + 1
      J.moved = true
    end
  end
  if #push > 0 then
    call('RPUSH', P .. 'todo:' .. id, unpack(push))
    enring(C, J)
  end
  if title ~= '' then set(J, 'title', title) end
  if stated ~= '' then set(J, 'stated', stated) end
  if cursor ~= '' then set(J, 'cur', cursor); set(J, 'xa', 0); set(J, 'xd', 0) end   -- it makes progress
  if sealed then
    J.sealed = true; J.check = true
    set(J, 'sealed', 1)
    drop(C, 'expand', eid)
  else
    renew(C, 'expand', me, {eid})
  end
  close(C)
  return 'ok'
end

-- The wait before the next attempt.
local function backoff(C, attempt, consequence, retry_after, random)
  if consequence == 'wait' then
    return math.max(retry_after, C.cfg.identity_wait_ms) + math.floor(random * C.cfg.identity_wait_ms)
  end
  local limit = math.min(C.cfg.backoff_max_ms, C.cfg.backoff_base_ms * 2 ^ (attempt - 1))
  return math.max(retry_after, math.floor(random * limit))
end

local function fail_expansion(K, A)
  local id, eid, token, consequence = A[2], A[3], A[4], A[5]
  local retry_after, random, kind, message = tonumber(A[6]), tonumber(A[7]), A[8], A[9]
  local C = open(K[1])
  local J = job(C, id)
  local refused = expansion_refused(C, J, eid, token)
  if refused then close(C); return refused end
  local attempts = tonumber(call('HGET', C.P .. 'job:' .. id, 'xa'))
  if consequence ~= 'wait' then attempts = attempts + 1 end
  drop(C, 'expand', eid)
  set(J, 'xa', attempts); set(J, 'xd', 0); set(J, 'xe', '')
  if consequence == 'permanent' or attempts >= C.cfg.max_attempts then
    fail_listing(C, J, message)
    C.tally.failed_listings = 1
  else
    call('ZADD', C.P .. 'delay', C.now + backoff(C, attempts, consequence, retry_after, random), 'e|' .. id)
  end
  close(C)
  return 'ok'
end

local function beat_expansions(K, A)
  local C, out, mine = open(K[1]), {}, {}
  for k = 2, #A, 3 do
    local J = job(C, A[k])
    local refused = expansion_refused(C, J, A[k + 1], A[k + 2])
    out[#out + 1] = refused or 'ok'
    if not refused then mine[#mine + 1] = A[k + 1] end
  end
  renew(C, 'expand', A[1], mine)
  close(C)
  return out
end

local function release_expansions(K, A)
  local C, out = open(K[1]), {}
  for k = 2, #A, 3 do
    local J = job(C, A[k])
    local refused = expansion_refused(C, J, A[k + 1], A[k + 2])
    if not refused then
      drop(C, 'expand', A[k + 1])
      set(J, 'xe', call('XADD', C.P .. 'expand', '*', 'j', J.id)); set(J, 'xt', ''); set(J, 'xd', 0)
    end
    out[#out + 1] = refused or 'ok'
  end
  close(C)
  return out
end

-- Fetch stage --------------------------------------------------------------------------------------------------------

local function end_failed(C, stage, J, vid, v, why, message)
  v.eid = ''; v.tok = ''; v.ftok = ''
  shift(J, vid, v, 'x')
  dead(C, stage, J, vid, v, why, message)
  unlock(C, J.id, vid .. J.suffix, false)
end

local POISON = 'given up: its workers stopped without an answer each time'

local function begin_fetch(C, it, me, nonce, recent, out)
  local J, v, vid = it.J, it.v, it.vid
  if not J or not J.running then
    drop(C, 'fetch', it.eid)
    unlock(C, it.job, J and vid .. J.suffix or vid, false)
    return
  end
  if not v or not (v.st == 'q' or v.st == 'f' and v.eid == it.eid) then drop(C, 'fetch', it.eid); return end
  local key = vid .. J.suffix
  if v.st == 'q' then
    if recent[key] and not J.force then
      drop(C, 'fetch', it.eid)
      v.eid = ''
      shift(J, vid, v, 's')
      return
    end
    if lock_live(C, key) then
      drop(C, 'fetch', it.eid)
      park(C, J, vid, v, key)
      return
    end
    set_lock(C, key, J.id)
    v.dlv = 0
  end
  v.dlv = v.dlv + 1
  if v.dlv > C.cfg.max_deliveries then
    drop(C, 'fetch', it.eid)
    remember_error(C, J, vid, 'poison', POISON)
    end_failed(C, 'fetch', J, vid, v, 'poison', POISON)
    return
  end
  shift(J, vid, v, 'f')
  v.eid = it.eid
  v.tok = me .. '#' .. v.dlv .. '#' .. nonce
  local k = #out
  out[k + 1] = it.eid; out[k + 2] = it.job; out[k + 3] = vid; out[k + 4] = v.tok; out[k + 5] = v.att + 1
  out[k + 6] = J.langs
end

-- Jobs, records, locks and "indexed lately" of a batch, each with as few commands as can be.
local function load_fetches(C, items)
  load(C, items)
  local keys, recent = {}, {}
  for _, it in ipairs(items) do
    if it.J then keys[#keys + 1] = it.vid .. it.J.suffix end
  end
  if #keys == 0 then return recent end
  local locks = call('HMGET', C.P .. 'lock', unpack(keys))
  for k, key in ipairs(keys) do
    if C.lock[key] == nil then C.lock[key] = locks[k] end
  end
  local g = generation(C)
  for _, n in ipairs({g - 1, g}) do
    local done = call('HMGET', C.P .. 'recent:' .. n, unpack(keys))
    for k, key in ipairs(keys) do recent[key] = recent[key] or done[k] end
  end
  return recent
end

local function take_fetches(K, A)
  local me, nonce, count, from = A[1], A[2], tonumber(A[3]), A[4]
  local C = open(K[1])
  local items, last = read(C, 'fetch', me, count, from)
  if #items == 0 and from == '>' and close(C) > 0 then items = read(C, 'fetch', me, count, from) end
  local out = {'', -1}
  if #items > 0 then
    local recent = load_fetches(C, items)
    for _, it in ipairs(items) do begin_fetch(C, it, me, nonce, recent, out) end
  end
  close(C)
  return answer(C, 'fetch', from, last, out)
end

local function hand_over(K, A)
  local C, items, out = open(K[1]), {}, {}
  local P = C.P
  for k = 2, #A, 4 do items[#items + 1] = {eid = A[k], job = A[k + 1], vid = A[k + 2], tok = A[k + 3]} end
  load(C, items)
  for k, it in ipairs(items) do
    local J, v, vid = it.J, it.v, it.vid
    local payload = payload_key(C, it.job, vid, it.tok)
    if not J or not J.running then
      drop(C, 'fetch', it.eid)
      unlock(C, it.job, J and vid .. J.suffix or vid, false)
      call('UNLINK', payload)
      out[k] = 'cancelled'
    elseif v and v.st == 'i' and v.ftok == it.tok then
      out[k] = 'ok'                             -- the reply was lost, the call is repeated
    elseif not v or v.st ~= 'f' or v.tok ~= it.tok then
      call('UNLINK', payload)
      C.tally.stale = (C.tally.stale or 0) + 1
      out[k] = 'stale'
    else
      local bytes = call('STRLEN', payload)
      if bytes == 0 then
        out[k] = 'missing'
      else
        drop(C, 'fetch', it.eid)
        v.ftok = it.tok; v.tok = ''; v.dlv = 0; v.att = 0
        v.eid = call('XADD', P .. 'index', '*', 'j', it.job, 'v', vid, 'r', payload, 'n', bytes)
        shift(J, vid, v, 'i')
        C.bytes = C.bytes + bytes
        out[k] = 'ok'
      end
    end
  end
  close(C)
  return out
end

-- Index stage --------------------------------------------------------------------------------------------------------

-- Reads until `count` or about `max_bytes` of payload, by the mean size of what is queued.
local function read_index(C, me, count, from, max_bytes)
  local length = call('XLEN', C.P .. 'index')
  local queued = tonumber(call('HGET', C.P .. 'state', 'bytes') or 0)
  local mean = length > 0 and math.max(1, queued / length) or 1
  local n = math.max(1, math.min(count, math.floor(max_bytes / mean)))
  return read(C, 'index', me, n, from)
end

local function take_indexes(K, A)
  local me, nonce, count, from, max_bytes = A[1], A[2], tonumber(A[3]), A[4], tonumber(A[5])
  local C = open(K[1])
  local P = C.P
  local items, last = read_index(C, me, count, from, max_bytes)
  if #items == 0 and from == '>' then
    close(C)                                    -- something delayed may be due
    items = read_index(C, me, count, from, max_bytes)
  end
  load(C, items)
  local there = true
  if #items > 0 then
    local payloads = {}
    for k, it in ipairs(items) do payloads[k] = it.payload end
    there = call('EXISTS', unpack(payloads)) == #payloads
  end
  local out, bytes = {'', -1}, 0
  for _, it in ipairs(items) do
    local J, v, vid = it.J, it.v, it.vid
    if not J or not J.running then
      end_index(C, it.eid, it.payload, it.bytes)
      unlock(C, it.job, J and vid .. J.suffix or vid, false)
    elseif not v or v.st ~= 'i' or v.eid ~= it.eid then
      end_index(C, it.eid, it.payload, it.bytes)
    elseif v.dlv + 1 > C.cfg.max_deliveries then
      end_index(C, it.eid, it.payload, it.bytes)
      v.dlv = v.dlv + 1
      remember_error(C, J, vid, 'poison', POISON)
      end_failed(C, 'index', J, vid, v, 'poison', POISON)
    elseif not there and call('EXISTS', it.payload) == 0 then
      end_index(C, it.eid, it.payload, it.bytes)
      v.eid = ''; v.tok = ''; v.ftok = ''; v.dlv = 0
      shift(J, vid, v, 'q')                     -- the payload expired: fetch it again
      requeue(C, J, vid, true)
      unlock(C, J.id, vid .. J.suffix, false)
      C.tally.refetched = (C.tally.refetched or 0) + 1
    elseif bytes > 0 and bytes + it.bytes > max_bytes then
      drop(C, 'index', it.eid)                  -- more than the caller can hold: somebody else's, unharmed
      v.eid = call('XADD', P .. 'index', '*', 'j', it.job, 'v', vid, 'r', it.payload, 'n', it.bytes)
      keep(J, vid, v)
    else
      bytes = bytes + it.bytes
      v.dlv = v.dlv + 1
      v.tok = me .. '#' .. v.dlv .. '#' .. nonce
      keep(J, vid, v)
      local k = #out
      out[k + 1] = it.eid; out[k + 2] = it.job; out[k + 3] = vid; out[k + 4] = v.tok; out[k + 5] = v.att + 1
      out[k + 6] = it.payload; out[k + 7] = it.bytes; out[k + 8] = J.src
    end
  end
  close(C)
  return answer(C, 'index', from, last, out)
end

local function complete(K, A)
  local C, items, out = open(K[1]), {}, {}
  for k = 2, #A, 6 do
    items[#items + 1] = {eid = A[k], job = A[k + 1], vid = A[k + 2], tok = A[k + 3], payload = A[k + 4],
      bytes = tonumber(A[k + 5])}
  end
  load(C, items)
  for k, it in ipairs(items) do
    local J, v, vid = it.J, it.v, it.vid
    if not J or not J.running then
      drop_index(C, it.eid, it.payload, it.bytes)
      unlock(C, it.job, J and vid .. J.suffix or vid, false)
      out[k] = 'cancelled'
    elseif v and v.st == 'd' and v.tok == it.tok then
      out[k] = 'ok'                             -- the reply was lost, the call is repeated
    elseif not v or v.st ~= 'i' or v.tok ~= it.tok or v.eid ~= it.eid then
      C.tally.stale = (C.tally.stale or 0) + 1
      out[k] = 'stale'
    else
      end_index(C, it.eid, it.payload, it.bytes)
      -- The token stays while the job runs on, so that a repeated call is known; the rest is not needed any more.
      v.eid = ''; v.ftok = ''; v.dlv = 0
      shift(J, vid, v, 'd')
      local key = vid .. J.suffix
      C.indexed[#C.indexed + 1] = key; C.indexed[#C.indexed + 1] = J.id
      unlock(C, J.id, key, true)
      out[k] = 'ok'
    end
  end
  close(C)
  return out
end

-- Both stages --------------------------------------------------------------------------------------------------------

local STATE = {fetch = 'f', index = 'i'}

local function claims(A, first, width)
  local items = {}
  for k = first, #A, width do
    items[#items + 1] = {
      eid = A[k], job = A[k + 1], vid = A[k + 2], tok = A[k + 3], payload = width > 4 and A[k + 4] or nil,
      bytes = width > 4 and tonumber(A[k + 5]) or nil, rest = k + 6,
    }
  end
  return items
end

-- Checks a claim. Nil: it holds; otherwise the outcome, and an entry of a job that ended is gone.
local function refused(C, stage, it)
  local J, v = it.J, it.v
  if not J or not J.running then
    if stage == 'index' and it.payload then
      drop_index(C, it.eid, it.payload, it.bytes)
      unlock(C, it.job, J and it.vid .. J.suffix or it.vid, false)
    elseif stage == 'fetch' then
      drop(C, 'fetch', it.eid)
      unlock(C, it.job, J and it.vid .. J.suffix or it.vid, false)
    end
    return 'cancelled'
  end
  if not v or v.st ~= STATE[stage] or v.tok ~= it.tok or v.eid ~= it.eid then
    C.tally.stale = (C.tally.stale or 0) + 1
    return 'stale'
  end
end

local function fail(K, A)
  local stage, C, out = A[1], open(K[1]), {}
  local items = claims(A, 3, 11)
  load(C, items)
  for k, it in ipairs(items) do
    local no = refused(C, stage, it)
    if no then
      out[k] = no
    else
      local J, v, vid, r = it.J, it.v, it.vid, it.rest
      local consequence, retry_after, random = A[r], tonumber(A[r + 1]), tonumber(A[r + 2])
      local kind, message = A[r + 3], A[r + 4]
      if consequence ~= 'wait' then v.att = v.att + 1 end
      remember_error(C, J, vid, kind, message)
      if consequence == 'permanent' or v.att >= C.cfg.max_attempts then
        if stage == 'index' then end_index(C, it.eid, it.payload, it.bytes) else drop(C, 'fetch', it.eid) end
        end_failed(C, stage, J, vid, v, kind, message)
      else
        local due = C.now + backoff(C, v.att, consequence, retry_after, random)
        drop(C, stage, it.eid)
        v.eid = ''; v.tok = ''; v.dlv = 0
        if stage == 'index' then                -- the payload stays, and stays accounted
          keep(J, vid, v)
          call('ZADD', C.P .. 'delay', due, 'i|' .. J.id .. '|' .. vid .. '|' .. it.bytes)
        else
          shift(J, vid, v, 'q')
          call('ZADD', C.P .. 'delay', due, 'f|' .. J.id .. '|' .. vid)
          unlock(C, J.id, vid .. J.suffix, false, due)
        end
      end
      J.changed = true
      out[k] = 'ok'
    end
  end
  close(C)
  return out
end

local function beat(K, A)
  local stage, me, C, out, mine = A[1], A[2], open(K[1]), {}, {}
  local items = claims(A, 3, 4)
  load(C, items)
  for k, it in ipairs(items) do
    out[k] = refused(C, stage, it) or 'ok'
    if out[k] == 'ok' then mine[#mine + 1] = it.eid end
  end
  renew(C, stage, me, mine)
  close(C)
  return out
end

local function release(K, A)
  local stage, C, out = A[1], open(K[1]), {}
  local items = claims(A, 3, 6)
  load(C, items)
  for k, it in ipairs(items) do
    out[k] = refused(C, stage, it) or 'ok'
    if out[k] == 'ok' then
      local J, v, vid = it.J, it.v, it.vid
      drop(C, stage, it.eid)
      v.tok = ''; v.eid = ''; v.dlv = 0
      if stage == 'index' then
        v.eid = call('XADD', C.P .. 'index', '*', 'j', J.id, 'v', vid, 'r', it.payload, 'n', it.bytes)
        keep(J, vid, v)
      else
        shift(J, vid, v, 'q')
        requeue(C, J, vid, true)
        unlock(C, J.id, vid .. J.suffix, false)
      end
    end
  end
  close(C)
  return out
end

-- Upkeep -------------------------------------------------------------------------------------------------------------

-- Every worker calls it every few seconds: what is due moves on, locks of ended jobs are taken away, dead consumers go.
local function tidy(K, A)
  local C, removed = open(K[1]), 0
  for stage, group in pairs(GROUP) do
    local consumers = redis.pcall('XINFO', 'CONSUMERS', C.P .. stage, group)
    if consumers.err then
      ensure_group(C, stage)
    else
      for _, flat in ipairs(consumers) do
        local c = fields(flat)
        -- Only without pending entries: XGROUP DELCONSUMER forgets them silently.
        if c.pending == 0 and c.idle > C.cfg.consumer_idle_ms and c.name ~= A[1] then
          call('XGROUP', 'DELCONSUMER', C.P .. stage, group, c.name)
          removed = removed + 1
        end
      end
    end
  end
  local pending = call('XPENDING', C.P .. 'fetch', GROUP.fetch)[1]
  call('HSET', C.P .. 'state', 'ready', call('XLEN', C.P .. 'fetch') - pending)
  for _, key in ipairs(call('SRANDMEMBER', C.P .. 'parked', 16)) do
    if not lock_live(C, key) then
      -- Nobody holds it: unlock() had no owner to compare with, so those who wait are freed here.
      set_lock(C, key, 'nobody')
      unlock(C, 'nobody', key, false)
    end
  end
  prune(C, 64)
  close(C)
  return removed
end

local function stats(K, A)
  local P, out = K[1], {}
  local function add(name, value) out[#out + 1] = name; out[#out + 1] = value end
  for stage, group in pairs(GROUP) do
    local pending = redis.pcall('XPENDING', P .. stage, group)
    add(stage .. '_entries', call('XLEN', P .. stage))
    add(stage .. '_pending', pending.err and 0 or pending[1])
  end
  add('delayed', call('ZCARD', P .. 'delay'))
  add('dead_entries', call('XLEN', P .. 'dead'))
  add('jobs', call('ZCARD', P .. 'jobs'))
  add('jobs_waiting', call('LLEN', P .. 'ring'))
  local backlog = 0
  for _, id in ipairs(call('LRANGE', P .. 'ring', 0, 999)) do backlog = backlog + call('LLEN', P .. 'todo:' .. id) end
  add('backlog', backlog)
  local h = call('HGETALL', P .. 'state')
  for k = 1, #h, 2 do add(h[k], tonumber(h[k + 1])) end
  return out
end

local function config(K, A)
  local out = {}
  for _, defaults in ipairs({SETTINGS, LIMITS}) do
    for name, value in pairs(settings(K[1], defaults)) do
      out[#out + 1] = name; out[#out + 1] = tostring(value)
    end
  end
  return out
end

-- Rate limit of an egress identity -----------------------------------------------------------------------------------
-- A token bucket whose rate is halved by trouble and raised by success, a breaker with one probe when half open, and a
-- sliding count of the last hour. Fields: tk tokens, ts when, r rate/s, st C closed | O open | H half open, un open until,
-- k openings in a row, ok clean requests, pr probe until, hw hour, hc count in it, hp count in the hour before.

local HOUR = 3600000
local LIMIT_FIELDS = {'tk', 'ts', 'r', 'st', 'un', 'k', 'ok', 'pr', 'hw', 'hc', 'hp'}

local function limit_load(P, identity)
  local cfg, now = settings(P, LIMITS), clock()
  local h = call('HMGET', P .. 'limit:' .. identity, unpack(LIMIT_FIELDS))
  local s = {st = h[4] or 'C'}
  for k, name in ipairs(LIMIT_FIELDS) do if name ~= 'st' then s[name] = tonumber(h[k]) or 0 end end
  if not h[1] then s.tk = cfg.limit_burst; s.ts = now; s.r = cfg.limit_rate end
  s.r = math.min(s.r, cfg.limit_rate)
  -- A set-up that was raised is felt at once when nothing had gone wrong.
  if s.st == 'C' and s.k == 0 then s.r = cfg.limit_rate end
  local hour = math.floor(now / HOUR)
  if s.hw ~= hour then
    s.hp = s.hw == hour - 1 and s.hc or 0
    s.hw = hour; s.hc = 0
  end
  return s, cfg, now
end

local function limit_save(P, identity, s)
  local list = {}
  for _, name in ipairs(LIMIT_FIELDS) do list[#list + 1] = name; list[#list + 1] = tostring(s[name]) end
  call('HSET', P .. 'limit:' .. identity, unpack(list))
  call('PEXPIRE', P .. 'limit:' .. identity, 86400000)
end

-- The part of the hour before that still counts shrinks as this hour goes by.
local function hour_used(s, now) return s.hp * (1 - (now % HOUR) / HOUR) + s.hc end

local function hour_wait(s, now, count, cap)
  if hour_used(s, now) + count <= cap then return 0 end
  local room = cap - count - s.hc
  if room >= 0 and s.hp > 0 then return math.max(1, math.ceil((1 - room / s.hp) * HOUR - now % HOUR)) end
  return math.ceil(HOUR - now % HOUR)
end

local function permit(K, A)
  local P, identity, count = K[1], A[1], tonumber(A[2])
  local s, cfg, now = limit_load(P, identity)
  local each = math.ceil(1000 / s.r)
  count = math.min(count, cfg.limit_burst)      -- or it would never be granted
  if s.st == 'O' then
    if now < s.un then return {math.ceil(s.un - now), each} end
    s.st = 'H'; s.pr = 0
  end
  s.tk = math.min(cfg.limit_burst, s.tk + (now - s.ts) / 1000 * s.r)
  s.ts = now
  local wait = 0
  if s.st == 'H' then
    if now < s.pr then wait = math.ceil(s.pr - now) else s.pr = now + cfg.limit_probe_ms end
  else
    wait = s.tk < count and math.ceil((count - s.tk) / s.r * 1000) or 0
    wait = math.max(wait, hour_wait(s, now, count, cfg.limit_hourly))
    if wait == 0 then s.tk = s.tk - count end
  end
  if wait == 0 then s.hc = s.hc + count end
  limit_save(P, identity, s)
  return {wait, each}
end

local function report(K, A)
  local P, identity, outcome, retry_after, random = K[1], A[1], A[2], tonumber(A[3]), tonumber(A[4])
  local s, cfg, now = limit_load(P, identity)
  if outcome == 'ok' then
    if s.st == 'H' then                         -- the probe came back: begin slowly
      s.st = 'C'; s.tk = 0; s.ts = now
      s.r = math.max(cfg.limit_min_rate, s.r)
    end
    s.ok = s.ok + 1
    if s.ok >= cfg.limit_raise_after then
      s.ok = 0
      s.r = math.min(cfg.limit_rate, s.r * 1.1)
      if s.r >= cfg.limit_rate then s.k = 0 end
    end
  elseif s.st ~= 'O' then                       -- late reports of the same burst do not count twice
    s.ok = 0
    s.r = math.max(cfg.limit_min_rate, s.r / 2)
    s.k = s.k + 1
    s.st = 'O'
    local blocked = outcome == 'blocked'
    local base = blocked and cfg.limit_blocked_ms or cfg.limit_throttled_ms
    local limit = blocked and cfg.limit_blocked_max_ms or cfg.limit_throttled_max_ms
    s.un = now + math.max(retry_after, math.min(base * 2 ^ (s.k - 1), limit) * (0.75 + 0.5 * random))
  elseif now + retry_after > s.un then
    s.un = now + retry_after                    -- the longest wait that was asked for holds
  end
  limit_save(P, identity, s)
  return {s.st, math.max(0, math.ceil(s.un - now)), tostring(s.r)}
end

local function limits(K, A)
  local s, _, now = limit_load(K[1], A[1])
  return {s.st, math.max(0, math.ceil(s.un - now)), tostring(s.r), math.floor(hour_used(s, now))}
end

-- Registration -----------------------------------------------------------------------------------------------------

local function register(name, callback, flag)
  redis.register_function{function_name = 'verbatim1_' .. name, callback = callback, flags = flag and {flag} or {}}
end

register('version', function() return VERSION end, 'no-writes')
register('job', get_job, 'no-writes')
register('jobs', list_jobs, 'no-writes')
register('stats', stats, 'no-writes')
register('config', config, 'no-writes')
register('limits', limits, 'no-writes')
-- These fill the pipeline: refused at maxmemory.
register('submit', submit)
register('append', append)
register('take_expansions', take_expansions)
register('take_fetches', take_fetches)
-- These drain it, or free what is held: they must go on at maxmemory, or it could never empty.
register('cancel', cancel, 'allow-oom')
register('fail_expansion', fail_expansion, 'allow-oom')
register('beat_expansions', beat_expansions, 'allow-oom')
register('release_expansions', release_expansions, 'allow-oom')
register('hand_over', hand_over, 'allow-oom')
register('take_indexes', take_indexes, 'allow-oom')
register('complete', complete, 'allow-oom')
register('fail', fail, 'allow-oom')
register('beat', beat, 'allow-oom')
register('release', release, 'allow-oom')
register('tidy', tidy, 'allow-oom')
register('permit', permit, 'allow-oom')
register('report', report, 'allow-oom')

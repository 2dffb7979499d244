#!lua name=verbatim1
--[[
The pipeline's transitions, one Redis Function each. Redis >= 7.0. The files of this folder are one library: this one
comes first, register.lua last (FunctionLibrary.swift puts them together).

Rules that never break:
  * One function per transition. It checks the job's state, the token of the claim and who owns the entry.
  * Repeating a call changes nothing. A report with an old token answers `stale`.
  * Counters and records change together, only here: at every instant a video is counted exactly once.
  * XACK and XDEL go together. Work streams are never trimmed. They hold a window of work, not the backlog.
  * Delays live in a ZSET, never inside a delivered entry.
  * What drains the pipeline is flagged allow-oom; what fills it is not.
  * No call does more work than its arguments say, plus a constant: what could be long is cut and left to later calls.

KEYS[1] of every function is the prefix, such as `verbatim:{0}:`; every key begins with it, so its hash tag keeps a
pipeline in one Redis Cluster slot. KEYS[2] of `submit` and `sync` is the full name of the source's `playlist_task:` key.

function              arguments                                               returns
verbatim1_version     -                                                       revision:hash of this text
verbatim1_submit      job, source, languages, force 0|1, high 0|1, video or '',
                      weight, most in flight (0: any), oldest s (0: recent_ms),
                      index ('': the default one)                             created 0|1, snapshot (or error FULL)
verbatim1_job         job                                                     snapshot, or nil
verbatim1_jobs        count, before (score, or '')                            next (score, or ''), snapshot...
verbatim1_cancel      job                                                     snapshot, or nil
verbatim1_pause       job, 1 pause | 0 resume                                 snapshot, or nil
verbatim1_pause_all   1 pause | 0 resume                                      1: that changed something
verbatim1_take_expansions  consumer, nonce, count, from                       last, due, ('entry job attempt source cursor')...
verbatim1_append      consumer, job, entry, token, sealed 0|1, cursor, title, stated, (video kind message)...   outcome
verbatim1_fail_expansion   job, entry, token, consequence, retry after ms, random, kind, message       outcome
verbatim1_beat_expansions  consumer, (entry job token)...                     outcomes
verbatim1_release_expansions  (entry job token)...                            outcomes
verbatim1_take_fetches     consumer, nonce, count, from                       last, due, lines 'entry job video attempt languages'
verbatim1_hand_over   (entry job video token bytes)...                        outcomes
verbatim1_note        (job video text)...                                     1
verbatim1_take_indexes     consumer, nonce, count, from, max bytes            last, due, lines 'entry job video attempt fetch-token bytes index source', index - for the default
verbatim1_complete    (entry job video token fetch-token bytes)...            outcomes
verbatim1_fail        stage, (entry job video token fetch-token bytes consequence retry-after-ms random kind message)...   outcomes
verbatim1_beat        stage, consumer, (entry job video token)...             outcomes
verbatim1_release     stage, (entry job video token fetch-token bytes)...     outcomes
verbatim1_dead        count, before (id, or '')                               next (id, or ''), (id field value...)...
verbatim1_requeue     new job, id...                                          requeued, job...
verbatim1_tidy        consumer                                                consumers removed
verbatim1_stats       -                                                       name, value, ...
verbatim1_audit       job, or '' for what jobs share                          kind, repairs, ...
verbatim1_config      -                                                       name, value, ... (as in force)
verbatim1_permit      identity, count, weight                                 wait ms (0: granted), ms per request
verbatim1_report      identity, ok|throttled|blocked, retry-after ms, random  state, open for ms, rate
verbatim1_limits      identity                                                state, open for ms, rate, in the last hour
verbatim1_sync        source, every ms ('': as it was, 0: by request), languages, index, high 0|1, weight,
                      most in flight (0: any)                                 created 0|1, sync, snapshot (or error FULL)
verbatim1_syncs       count, from                                             next (or ''), sync...
verbatim1_remove_sync source                                                  1: it was there
verbatim1_identities  -                                                       (identity, state, open for ms, rate, in the last hour)...

stage         fetch | index
nonce         never given twice; `consumer#nonce` is the token of all that one call hands out
from          `>`: new entries; `idle`: entries of quiet consumers; an entry's id: this consumer's own, after that id
last          with `>` and nothing there: the id to wait after (XREAD BLOCK); with an id: where to go on ('': the end)
due           milliseconds until something delayed is due; -1: nothing is
outcome       a letter: ok | stale | cancelled | missing (the payload is not there: upload it again); outcomes: one word of
              the letters of all items
consequence   permanent | retry | wait
random        0 <= random < 1: full jitter; given by the caller, because scripts have no randomness of their own
snapshot      job, source, title, state, q, f, i, d, x, s, c, sealed, stated, error, created, ended, version, paused, high,
              weight, most in flight, index
sync          source, every ms, languages, job of the last run, runs, videos known, next run ms (0: by request),
              index, high, weight, most in flight
state (job)   R running, D done, X cancelled, F failed
state (video) q queued, w waiting for another job's fetch (counted as q), f fetching, i indexing, d done, x failed, s skipped

Key (after the prefix)   type    content                                                     lifetime
job:<job>                hash    state, source, options, counters, expansion                 ended_ttl after the end
videos:<job>             hash    video -> state|token|attempts|deliveries|entry|fetch token  with the job
errors:<job>             hash    video -> kind, newline, message                             with the job
notes:<job>              hash    video -> tracks that were taken, newline, why               with the job
todo:<job>               list    videos not yet in the stream                                emptied
ring, ring:high          list    jobs with a todo list, each once, by priority               -
jobs                     zset    job by creation                                             until forgotten
ended                    zset    job by the time at which its record expires                 until forgotten
expand, fetch, index     stream  work entries; groups gateways, fetchers, indexers           window
delay                    zset    e|job, f|job|video, i|job|video|bytes by due time           -
payload:<job>:<video>:<fetch token>  string  compressed transcript, uploaded by the fetcher  set by the fetcher
lock                     hash    dedupe key -> job that fetches or indexes it                -
parked                   set     dedupe keys that jobs wait for                              -
waiting:<dedupe key>     list    those jobs                                                  -
recent:<n>               hash    dedupe key -> when indexed, s; of one generation of recent_ms   2 generations
state                    hash    ready, bytes, held, paused, and what was counted since the beginning    -
dead                     stream  dead letters                                                max_dead
events                   stream  jobs that changed                                           max_events
config                   hash    settings that differ from the defaults below                -
sync:<source>            hash    a playlist that is kept up to date                          until removed
syncs                    zset    those sources by their next run                             until removed
known:<source>           zset    video -> until when a run need not fetch it                 with sync:<source>
limit:<identity>         hash    token bucket, breaker and hourly count                      a day unused
identities               set     egress identities that have such a hash                     with the hash

A dedupe key is the video, and the languages and the index where a job asks for some: `video~languages@index`.
An entry of `fetch` is job, video; of `index` job, video, fetch token, bytes; of `expand` job, ''. A fetch token of `-` has no
payload: the video is in the index already, and the indexer only tells it that the video is in this job's list as well.
An entry without a job ('', '') only wakes those who wait.
ready: undelivered entries of `fetch`. held, bytes: videos in the index stage, those that wait for a retry included, and
their payloads. paused: 1 while nothing new is begun.
--]]

local VERSION = '@VERSION@'

local OK, STALE, CANCELLED, MISSING = 'o', 's', 'c', 'm'

local GROUP = {expand = 'gateways', fetch = 'fetchers', index = 'indexers'}

-- Settings of the pipeline; a field of the same name in the hash `config` overrides one.
local SETTINGS = {
  window = 64,                  -- undelivered entries in the fetch stream, so many that no worker finds it empty
  max_index_entries = 4096,     -- videos in the index stage, above which nothing is fed
  max_index_bytes = 134217728,  -- bytes of their payloads, likewise (128 MiB)
  max_attempts = 5,
  max_deliveries = 5,           -- crashes of a task; more is poison
  lease_ms = 30000,             -- an entry of a consumer that was quiet for so long is taken over
  backoff_base_ms = 1000,       -- full jitter below base * 2^(attempt - 1)
  backoff_max_ms = 300000,
  identity_wait_ms = 5000,      -- least wait when the egress identity is the problem
  retry_after_max_ms = 3600000, -- whatever a source asks for, a task is tried again after so long
  recent_ms = 43200000,         -- a video indexed in this or the last span of so long is not fetched again (12 to 24 h)
  max_recent = 500000,          -- videos remembered in one span (80 B each)
  ended_ttl_s = 7200,
  max_jobs = 10000,             -- jobs that run or are remembered; the oldest that ended are forgotten first
  max_videos_per_job = 100000,
  max_dead = 10000,
  max_events = 1000,
  consumer_idle_ms = 3600000,   -- a consumer without entries, quiet for so long, is removed
  audit_ms = 3600000,           -- between two audits of all jobs; a restarted Redis has one at once
  max_audit = 5000,             -- videos of a job that such an audit looks at; a larger job is audited by request
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

-- What one call does at most of what is not in its arguments.
local MAX_PROMOTED = 128        -- delayed tasks that are due
local MAX_FREED = 64            -- jobs that wait for the same video
local MAX_PRUNED = 64           -- expired jobs
local MAX_HEALED = 16           -- locks that are looked at

-- What files that come later define, and earlier ones call.
local later = {}

-- redis.call does not exist while a library is being loaded: no alias.
local function call(...) return redis.call(...) end

-- Redis prints numbers with 17 digits, slowly; as text they are ready, and small ones are made once.
local TEXTS = {}
local function text(n)
  local s = TEXTS[n]
  if not s then
    s = string.format('%d', n)
    if n >= 0 and n < 4096 and n % 1 == 0 then TEXTS[n] = s end
  end
  return s
end

-- The other way round, the same: understanding a number takes longer than finding it.
local NUMBERS, known = {}, 0
local function number(s)
  local n = NUMBERS[s]
  if not n then
    n = tonumber(s)
    if known >= 8192 then NUMBERS, known = {}, 0 end
    NUMBERS[s] = n
    known = known + 1
  end
  return n
end

local function settings(P, defaults)
  local flat = call('HGETALL', P .. 'config')
  if #flat == 0 then return defaults end
  local cfg = {}
  for name, value in pairs(defaults) do cfg[name] = value end
  for k = 1, #flat, 2 do
    local name, value = flat[k], tonumber(flat[k + 1])
    if cfg[name] and value then cfg[name] = value end
  end
  return cfg
end

local function clock()
  local t = call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- One call's view of the pipeline: what was read is read once, what changes is written once, by close().
local function open(P)
  local h = call('HMGET', P .. 'state', 'ready', 'bytes', 'held', 'paused')
  local ready, bytes, held = tonumber(h[1]) or 0, tonumber(h[2]) or 0, tonumber(h[3]) or 0
  return {
    P = P, now = clock(), cfg = settings(P, SETTINGS), jobs = {}, order = {},
    ready = ready, bytes = bytes, held = held, paused = h[4] == '1', was = {ready, bytes, held},
    lock = {}, locks = {}, unlocks = {}, lock_changed = {}, gone = {expand = {}, fetch = {}, index = {}},
    indexed = {}, indexed_n = 0, unlocks_n = 0, unlink = {}, tally = {},
  }
end

-- Jobs and records ---------------------------------------------------------------------------------------------------

-- A job's hash is made with these first and in this order: the lookups of a small hash begin there.
local JOB_FIELDS = {
  'st', 'q', 'f', 'i', 'd', 'x', 's', 'c', 'ver', 'sealed', 'ring', 'paused', 'high', 'force', 'langs', 'src', 'key',
  'weight', 'cap', 'out', 'age', 'idx',
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
    id = id, running = h[1] == 'R', done = h[1] == 'D', ver = tonumber(h[9]), sealed = h[10] == '1', ring = h[11] == '1',
    paused = h[12] == '1', high = h[13] == '1', force = h[14] == '1', langs = h[15], src = h[16], key = h[17],
    weight = tonumber(h[18]) or 1, cap = tonumber(h[19]) or 0, out = tonumber(h[20]) or 0, age = tonumber(h[21]) or 0,
    idx = h[22] or '',
    n = {}, raw = {}, rec = {}, put = {}, puts = 0, dirty = {}, set = {},
  }
  for k, name in ipairs(COUNTS) do J.n[name] = tonumber(h[1 + k]) end
  J.suffix = (J.langs == '' and '' or '~' .. J.langs) .. (J.idx == '' and '' or '@' .. J.idx)
  C.jobs[id] = J
  C.order[#C.order + 1] = J
  return J
end

local function set(J, field, value)
  local s = J.set
  s[#s + 1] = field; s[#s + 1] = value
  J.changed = true
end

-- A record as it is written; the ends keep no more than is asked for.
local NEW = 'q||0|0||'

local function parse(vid, s)
  if not s then return false end
  local st, tok, att, dlv, eid, ftok = string.match(s, '^(%a)|([^|]*)|(%d+)|(%d+)|([^|]*)|(.*)$')
  return {vid = vid, st = st, tok = tok, att = tonumber(att), dlv = tonumber(dlv), eid = eid, ftok = ftok}
end

-- A video's record, understood. Most of the time its text is all that is needed: what it must be is known, and comparing
-- two texts costs next to nothing, understanding one as much as all the rest.
local function record(C, J, vid)
  local v = J.rec[vid]
  if v == nil then
    local raw = J.raw[vid]
    if raw == nil then
      raw = call('HGET', C.P .. 'videos:' .. J.id, vid)
      J.raw[vid] = raw
    end
    v = parse(vid, raw)
    J.rec[vid] = v
  end
  return v
end

-- The record's text, unless this call has changed the record otherwise: then nil.
local function raw_of(J, vid)
  if J.rec[vid] == nil then return J.raw[vid] end
end

-- Writes the record's text at the end of the call; for who has it from `raw_of`.
local function put(J, vid, record_text)
  J.raw[vid] = record_text
  local list, n = J.put, J.puts
  list[n + 1] = vid
  list[n + 2] = record_text
  J.puts = n + 2
end

-- Reads the records of a batch: of each job, one HMGET. `ids`: jobs and their videos.
local function load(C, ids)
  for J, list in pairs(ids) do
    local r = call('HMGET', C.P .. 'videos:' .. J.id, unpack(list))
    local raw = J.raw
    for k = 1, #list do raw[list[k]] = r[k] end
  end
end

-- Collects what `load` reads.
local function want(ids, J, vid)
  if J.raw[vid] ~= nil then return end
  local list = ids[J]
  if not list then list = {}; ids[J] = list end
  J.raw[vid] = false
  list[#list + 1] = vid
end

-- Writes the record at the end of the call.
local function keep(J, v)
  if not v.dirty then
    v.dirty = true
    J.dirty[#J.dirty + 1] = v
  end
end

-- The only place where counters change: one video leaves one bucket and enters another.
local function shift(J, v, to)
  local from, into = BUCKET[v.st], BUCKET[to]
  v.st = to
  keep(J, v)
  if from ~= into then
    local n = J.n
    n[from] = n[from] - 1
    n[into] = n[into] + 1
    J.moved = true
  end
end

local function ring_of(C, J) return J.high and C.P .. 'ring:high' or C.P .. 'ring' end

-- Whether so many entries of the job are in the fetch stream (out) as it may have there, delivered or not.
local function at_cap(J) return J.cap > 0 and J.out >= J.cap end

-- The job's turn comes, unless it is paused: then resuming does this; or has its share in work: then `drop_fetch` does.
local function enring(C, J)
  if J.ring or J.paused or at_cap(J) then return end
  J.ring = true; J.ring_changed = true
  call('RPUSH', ring_of(C, J), J.id)
end

local function requeue(C, J, vid, first)
  call(first and 'LPUSH' or 'RPUSH', C.P .. 'todo:' .. J.id, vid)
  enring(C, J)
end

local function remember_error(C, J, vid, kind, message)
  call('HSET', C.P .. 'errors:' .. J.id, vid, kind .. '\n' .. message)
end

local function count(C, name, n) C.tally[name] = (C.tally[name] or 0) + (n or 1) end

local function dead(C, stage, J, v, why, message)
  call('XADD', C.P .. 'dead', 'MAXLEN', '~', text(C.cfg.max_dead), '*', 'stage', stage, 'job', J.id, 'video', v.vid,
    'source', J.src, 'languages', J.langs, 'index', J.idx, 'reason', why, 'message', message, 'attempts', text(v.att),
    'deliveries', text(v.dlv), 'at', text(C.now))
  count(C, 'dead')
end

-- Entries ------------------------------------------------------------------------------------------------------------

local function drop(C, stage, eid) local g = C.gone[stage]; g[#g + 1] = eid end

-- A fetch entry that is certainly there leaves. Only jobs with a cap count theirs.
local function drop_fetch(C, J, eid)
  drop(C, 'fetch', eid)
  if not J or J.cap == 0 or not J.running then return end
  J.out = J.out - 1
  J.out_changed = true
  if not J.ring and call('EXISTS', C.P .. 'todo:' .. J.id) == 1 then enring(C, J) end
end

-- A video enters the index stage, or goes back to its end. The record is the caller's to keep.
local function add_index(C, J, v, bytes)
  v.eid = call('XADD', C.P .. 'index', '*', J.id, v.vid, v.ftok, bytes)
end

-- The fetch token of a video that another job has brought into the index: nothing is fetched, and there is no payload, but
-- the index has to learn that it is in this job's list too. Such a task needs no lock, and ends as skipped.
local LISTED = '-'

local function add_listed(C, J, v)
  v.ftok = LISTED; v.tok = ''; v.dlv = 0; v.att = 0
  add_index(C, J, v, '0')
  shift(J, v, 'i')
  C.held = C.held + 1
end

local function payload_key(C, id, vid, token) return C.P .. 'payload:' .. id .. ':' .. vid .. ':' .. token end

-- A video leaves the index stage: with its payload, and no longer accounted.
local function leave_index(C, payload, bytes)
  if payload ~= '' then C.unlink[#C.unlink + 1] = payload end
  C.bytes = C.bytes - bytes
  C.held = C.held - 1
end

-- An index entry that is certainly there: leaves with the others of the batch.
local function end_index(C, eid, payload, bytes)
  drop(C, 'index', eid)
  leave_index(C, payload, bytes)
end

-- A worker reports about an entry of a job that has ended. Redis may have gone back meanwhile (a cut append-only file, a
-- failover to a replica that lagged): the entry may be there again and not be delivered yet, or its id may be another's.
-- Only what is delivered, and is the task that the worker means, leaves; anything else is for whoever takes it.
local function drop_ended(C, stage, eid, id, vid)
  local key, group = C.P .. stage, GROUP[stage]
  local e = call('XRANGE', key, eid, eid)[1]
  if not e or e[2][1] ~= id or e[2][2] ~= vid then return end
  local held = redis.pcall('XPENDING', key, group, eid, eid, '1')
  if held.err or #held == 0 then return end
  call('XACK', key, group, eid)
  call('XDEL', key, eid)
  if stage == 'index' then leave_index(C, payload_key(C, id, vid, e[2][3]), tonumber(e[2][4])) end
end

-- The outcome of a report on a job that does not run. One that ended by itself has nothing in work: the report is late.
local function too_late(C, J)
  if J and J.done then count(C, 'stale') end
  return CANCELLED
end

-- Groups vanish with FLUSHALL: whoever misses one makes it, from the first entry on.
local function ensure_group(C, stage)
  redis.pcall('XGROUP', 'CREATE', C.P .. stage, GROUP[stage], '0', 'MKSTREAM')
  if stage == 'fetch' then C.ready = call('XLEN', C.P .. 'fetch') end
end

-- Reads entries as `from` says, each {id, fields}; the second result is the id of the last one seen.
local function read(C, stage, me, limit, from)
  local key, group, entries = C.P .. stage, GROUP[stage], nil
  if from == 'idle' then
    local lease = text(C.cfg.lease_ms)
    local idle = redis.pcall('XPENDING', key, group, 'IDLE', lease, '-', '+', text(limit))
    if idle.err then return {}, '' end
    local ids = {}
    for k, p in ipairs(idle) do ids[k] = p[1] end
    entries = #ids > 0 and call('XCLAIM', key, group, me, lease, unpack(ids)) or {}
    if #entries > 0 then count(C, 'reclaimed_' .. stage, #entries) end
  else
    local r = redis.pcall('XREADGROUP', 'GROUP', group, me, 'COUNT', text(limit), 'STREAMS', key, from)
    if r and r.err then
      ensure_group(C, stage)
      r = call('XREADGROUP', 'GROUP', group, me, 'COUNT', text(limit), 'STREAMS', key, from)
    end
    entries = r and r[1][2] or {}
    if from == '>' and stage == 'fetch' then C.ready = C.ready - #entries end
  end
  local items, n, last = {}, 0, ''
  for _, e in ipairs(entries) do
    local f = e[2]
    last = e[1]
    if f and f[1] ~= '' then
      n = n + 1
      items[n] = e
    else
      drop(C, stage, last)      -- deleted, but still pending; or it was only there to wake somebody
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

-- Reads the locks of a batch's videos at once.
local function load_locks(C, keys)
  if #keys == 0 then return end
  local owners, lock = call('HMGET', C.P .. 'lock', unpack(keys)), C.lock
  for k, key in ipairs(keys) do lock[key] = owners[k] end
end

local function set_lock(C, key, owner)
  C.lock[key] = owner
  C.lock_changed[key] = true
end

local function anybody_parked(C)
  if C.parked == nil then C.parked = call('SCARD', C.P .. 'parked') > 0 end
  return C.parked
end

-- Lets go those who wait for a video. done: it is indexed for them as well; else one of them fetches it, at `due` if given.
local function free_waiters(C, key, done, due)
  local waiting = C.P .. 'waiting:' .. key
  local jobs = call('LPOP', waiting, text(MAX_FREED)) or {}
  -- More than that is left to the next upkeep: `key` stays in `parked`, without a lock.
  if #jobs < MAX_FREED or call('EXISTS', waiting) == 0 then call('SREM', C.P .. 'parked', key) end
  local vid = string.match(key, '^[^~@]*')
  for _, id in ipairs(jobs) do
    local J = job(C, id)
    local v = J and J.running and record(C, J, vid)
    if v and v.st == 'w' then
      if done then
        add_listed(C, J, v)
      else
        shift(J, v, 'q')
        if due then
          call('ZADD', C.P .. 'delay', text(due), 'f|' .. id .. '|' .. vid)
        else
          requeue(C, J, vid)
        end
      end
    end
  end
end

-- The video is indexed. Whoever completes it has its lock: nobody else can have, while the record says indexing.
local function unlock_done(C, key)
  C.lock[key] = false
  local n = C.unlocks_n + 1
  C.unlocks[n] = key
  C.unlocks_n = n
  if anybody_parked(C) and call('SISMEMBER', C.P .. 'parked', key) == 1 then free_waiters(C, key, true) end
end

-- The owner lets go of a video without having it.
local function unlock(C, owner, key, due)
  if get_lock(C, key) ~= owner then return end
  set_lock(C, key, false)
  if anybody_parked(C) and call('SISMEMBER', C.P .. 'parked', key) == 1 then free_waiters(C, key, false, due) end
end

-- Whether somebody works on it. The lock of a job that ended, or does not hold the video any more, is taken away here.
local function lock_live(C, key)
  local owner = get_lock(C, key)
  if not owner then return false end
  local J = job(C, owner)
  local v = J and J.running and record(C, J, (string.match(key, '^[^~@]*')))
  if v and (v.st == 'f' or (v.st == 'i' and v.ftok ~= LISTED)) then return true end
  unlock(C, owner, key)
  return false
end

local function park(C, J, v, key)
  shift(J, v, 'w')
  v.eid = ''
  call('RPUSH', C.P .. 'waiting:' .. key, J.id)
  call('SADD', C.P .. 'parked', key)
  C.parked = true
end

-- The entry of a job that ended was met: what it held is free.
local function unlock_ended(C, J, id, vid)
  unlock(C, id, J and vid .. J.suffix or vid)
end

local function generation(C) return math.floor(C.now / C.cfg.recent_ms) end

-- The index stage has lost a payload: the video is fetched again.
local function fetch_again(C, J, v)
  v.eid = ''; v.tok = ''; v.ftok = ''; v.dlv = 0
  shift(J, v, 'q')
  requeue(C, J, v.vid, true)
  unlock(C, J.id, v.vid .. J.suffix)
  count(C, 'refetched')
end

-- The entry that lists the job's source: its id, 'paused', or '' while none is there. Written at once, because the same
-- call may read it.
local function set_expansion(C, J, eid) call('HSET', C.P .. 'job:' .. J.id, 'xe', eid) end

local function offer_expansion(C, J)
  set_expansion(C, J, J.paused and 'paused' or call('XADD', C.P .. 'expand', '*', J.id, ''))
end

-- Feeding ------------------------------------------------------------------------------------------------------------

-- What was delayed and is due goes where it belongs.
local function promote(C)
  C.promoted = true
  local due = call('ZRANGEBYSCORE', C.P .. 'delay', '-inf', text(C.now), 'LIMIT', '0', text(MAX_PROMOTED))
  if #due == 0 then return end
  call('ZREM', C.P .. 'delay', unpack(due))
  for _, member in ipairs(due) do
    local kind, id, vid, bytes = string.match(member, '^(%a)|([^|]*)|?([^|]*)|?(%d*)$')
    local J = job(C, id)
    local live = J and J.running
    if kind == 'e' then
      if live and not J.sealed then
        offer_expansion(C, J)
      end
    elseif kind == 'f' then
      if live then requeue(C, J, vid, true) end
    else
      local v = J and record(C, J, vid)
      local payload = v and payload_key(C, id, vid, v.ftok) or ''
      if live and v and v.st == 'i' and (v.ftok == LISTED or call('EXISTS', payload) == 1) then
        add_index(C, J, v, bytes)
        keep(J, v)
      else
        leave_index(C, payload, tonumber(bytes))
        if live and v and v.st == 'i' then
          fetch_again(C, J, v)
        elseif not live then
          unlock(C, id, J and vid .. J.suffix or vid)
        end
      end
    end
  end
end

-- What a job has in one round of `free` places, as a multiple of its weight: all that fits where all jobs get a place,
-- so that few jobs are moved in few steps.
local function round_share(C, ring, length, free)
  if length > free then return 1 end
  local weights = 0
  for _, id in ipairs(call('LRANGE', ring, '0', text(length - 1))) do
    local J = job(C, id)
    weights = weights + (J and J.weight or 1)
  end
  return math.max(1, math.floor(free / weights))
end

-- Moves at most `places` videos of the ring's jobs into the fetch stream: in turns, as many of each as its weight says.
local function fill(C, ring, places)
  local free, stream = places, C.P .. 'fetch'
  while free > 0 do
    local length = call('LLEN', ring)
    if length == 0 then break end
    local share = round_share(C, ring, length, free)
    for _ = 1, length do
      if free == 0 then break end
      local id = call('LPOP', ring)
      local J = job(C, id)
      local most, ids = 0, {}
      if J and J.running and not J.paused then
        most = math.min(free, share * J.weight)
        if J.cap > 0 then most = math.min(most, J.cap - J.out) end
        ids = most > 0 and call('LPOP', C.P .. 'todo:' .. id, text(most)) or {}
        for _, vid in ipairs(ids) do call('XADD', stream, '*', id, vid) end
        if J.cap > 0 then J.out = J.out + #ids; J.out_changed = true end
      end
      free = free - #ids
      if #ids > 0 and #ids == most and not at_cap(J) then
        call('RPUSH', ring, id)
      elseif J then
        J.ring = false; J.ring_changed = true
      end
    end
  end
  return places - free
end

-- Fills the fetch stream up to `target` undelivered entries, unless the index stage is full. While jobs of both
-- priorities have work, the high one has three places of four.
local function feed(C, target)
  local free = target - C.ready
  if free <= 0 or C.paused or C.bytes >= C.cfg.max_index_bytes or C.held >= C.cfg.max_index_entries then return end
  local high, normal = C.P .. 'ring:high', C.P .. 'ring'
  local left = free
  if call('EXISTS', high) == 1 then
    local places = call('EXISTS', normal) == 1 and math.ceil(left * 0.75) or left
    left = left - fill(C, high, places)
  end
  left = left - fill(C, normal, left)
  if left > 0 then left = left - fill(C, high, left) end
  C.ready = C.ready + free - left
end

-- The end of a call ----------------------------------------------------------------------------------------------

-- What a job says while YouTube's answers about its videos are not believed (kind `suspected-blocking`).
local SUSPECTED = 'YouTube seems to block: many videos of this list failed alike, which is not believed; they are tried again later'

local function suspect(C, J)
  if J.suspected then return end
  J.suspected = true
  if (call('HGET', C.P .. 'job:' .. J.id, 'err') or '') == '' then set(J, 'err', SUSPECTED) end
end

local function end_job(C, J, state)
  -- It was about nothing that is left.
  if J.n.x == 0 and call('HGET', C.P .. 'job:' .. J.id, 'err') == SUSPECTED then set(J, 'err', '') end
  local ttl = C.cfg.ended_ttl_s
  J.running = false
  set(J, 'st', state); set(J, 'ended', text(C.now))
  J.ended = true
  call('ZADD', C.P .. 'ended', text(C.now + ttl * 1000), J.id)
  if J.key ~= '' and call('GET', J.key) == J.id then
    if state == 'X' then call('DEL', J.key) else call('EXPIRE', J.key, text(ttl)) end
  end
end

local function write_job(C, J)
  local P = C.P
  if (J.moved or J.check) and J.running and J.sealed and J.n.q + J.n.f + J.n.i == 0 then end_job(C, J, 'D') end
  local dirty, list, n = J.dirty, J.put, J.puts
  if n > 0 or #dirty > 0 then
    for _, v in ipairs(dirty) do      -- after the texts: what was understood later is the last word
      list[n + 1] = v.vid
      list[n + 2] = v.st .. '|' .. v.tok .. '|' .. text(v.att) .. '|' .. text(v.dlv) .. '|' .. v.eid .. '|' .. v.ftok
      n = n + 2
    end
    call('HSET', P .. 'videos:' .. J.id, unpack(list))
  end
  local s, told = J.set, J.moved or J.changed
  if told then
    s[#s + 1] = 'ver'; s[#s + 1] = text(J.ver + 1)
    local n = J.n
    for _, name in ipairs(COUNTS) do s[#s + 1] = name; s[#s + 1] = text(n[name]) end
  end
  if J.ring_changed then s[#s + 1] = 'ring'; s[#s + 1] = J.ring and '1' or '0' end
  if J.out_changed then s[#s + 1] = 'out'; s[#s + 1] = text(J.out) end
  if #s > 0 then call('HSET', P .. 'job:' .. J.id, unpack(s)) end
  if J.ended then
    local ttl = text(C.cfg.ended_ttl_s)
    call('EXPIRE', P .. 'job:' .. J.id, ttl)
    call('EXPIRE', P .. 'videos:' .. J.id, ttl)
    call('EXPIRE', P .. 'errors:' .. J.id, ttl)
    call('EXPIRE', P .. 'notes:' .. J.id, ttl)
  end
  return told
end

-- What `lock_changed` says is said last: it is the last word on a key.
local function write_locks(C)
  local locks, unlocks = C.locks, C.unlocks
  for key in pairs(C.lock_changed) do
    local owner = C.lock[key]
    if owner then
      locks[#locks + 1] = key; locks[#locks + 1] = owner
    else
      unlocks[#unlocks + 1] = key
    end
  end
  if #locks > 0 then call('HSET', C.P .. 'lock', unpack(locks)) end
  if #unlocks > 0 then call('HDEL', C.P .. 'lock', unpack(unlocks)) end
end

-- Promotes and feeds, then writes all that changed and tells watchers. Every function that changes anything ends here.
local function close(C)
  local P = C.P
  if not C.promoted then promote(C) end
  -- In strides: cheaper, and the window is never empty before.
  local window = C.cfg.window
  if window - C.ready >= window / 4 then feed(C, window) end

  for stage, ids in pairs(C.gone) do
    if #ids > 0 then
      call('XACK', P .. stage, GROUP[stage], unpack(ids))
      call('XDEL', P .. stage, unpack(ids))
    end
  end
  if #C.unlink > 0 then call('UNLINK', unpack(C.unlink)) end
  write_locks(C)
  if #C.indexed > 0 then
    local key = P .. 'recent:' .. text(generation(C))
    if call('HLEN', key) < C.cfg.max_recent then
      call('HSET', key, unpack(C.indexed))
      call('PEXPIRE', key, text(C.cfg.recent_ms * 2))
    end
  end
  local changed = {}
  for _, J in ipairs(C.order) do
    if write_job(C, J) then changed[#changed + 1] = J.id end
  end
  if #changed > 0 then
    call('XADD', P .. 'events', 'MAXLEN', '~', text(C.cfg.max_events), '*', 'jobs', table.concat(changed, ','))
  end
  local was = C.was
  if C.ready ~= was[1] or C.bytes ~= was[2] or C.held ~= was[3] then
    call('HSET', P .. 'state', 'ready', text(C.ready), 'bytes', text(C.bytes), 'held', text(C.held))
  end
  for name, n in pairs(C.tally) do call('HINCRBY', P .. 'state', name, text(n)) end
end

-- Where a reader that found nothing waits, and until when. It waits after what was delivered, not after what was added:
-- entries that nobody has read yet wake it at once. While all is paused they do not.
local function rest(C, stage)
  local last = '0-0'
  local first = call('ZRANGE', C.P .. 'delay', '0', '0', 'WITHSCORES')
  local due = first[2] and math.max(0, math.ceil(tonumber(first[2]) - C.now)) or -1
  if C.paused and stage ~= 'index' then
    local info = redis.pcall('XINFO', 'STREAM', C.P .. stage)
    for k = 1, #info, 2 do if info[k] == 'last-generated-id' then last = info[k + 1] end end
    return last, due
  end
  for _, group in ipairs(redis.pcall('XINFO', 'GROUPS', C.P .. stage)) do
    local name
    for k = 1, #group, 2 do
      if group[k] == 'name' then name = group[k + 1] end
      if group[k] == 'last-delivered-id' and name == GROUP[stage] then last = group[k + 1] end
    end
  end
  return last, due
end

-- The answer of a take of `out`.
local function answer(C, stage, from, last, out)
  if from ~= '>' then return {last, -1, out} end
  if #out > 0 then return {'', -1, out} end
  local after, due = rest(C, stage)
  return {after, due, out}
end

-- While all is paused nothing is listed and nothing fetched; what was fetched is still indexed.
local function may_take(C, stage) return not C.paused or stage == 'index' end

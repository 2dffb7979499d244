-- Playlists that are kept up to date ----------------------------------------------------------------------------------
-- A sync is a source that is listed again and again, by request or by itself; what one of its jobs has done is known to the
-- next, which fetches only the rest. `tidy` begins what is due and learns from jobs that have ended.

local MAX_SYNCS = 10000
local MAX_DUE = 8               -- syncs that one call begins
local MAX_LEARNT = 512          -- records of ended jobs that one call looks at
local NEVER = 9e15              -- as a time
-- A video that cannot be had now is asked for again after so long: captions come late, and videos come back.
local REFUSED_MS = 7 * 24 * 3600000
-- Kinds of errors that say so of the video. Others are tried again with the next run.
local REFUSALS = {
  ['no-transcript'] = true, ['language-not-available'] = true, ['not-found'] = true, private = true, deleted = true,
  ['age-restricted'] = true, ['members-only'] = true, ['geo-blocked'] = true, unplayable = true, withheld = true,
  ['too-large'] = true,
}

local SYNC_FIELDS = {'every', 'langs', 'job', 'learn', 'runs', 'created', 'key', 'idx', 'high', 'weight', 'cap'}

local function sync_load(P, src)
  local h = call('HMGET', P .. 'sync:' .. src, unpack(SYNC_FIELDS))
  if not h[6] then return false end
  local s = {src = src}
  for k, name in ipairs(SYNC_FIELDS) do s[name] = h[k] or '' end
  return s
end

-- Source, every ms (0: by request), languages, job, runs, known videos, next run ms (0: by request), index, high, weight,
-- most in flight (0: any).
local function sync_snapshot(P, s)
  local due = tonumber(call('ZSCORE', P .. 'syncs', s.src))
  return {
    s.src, s.every, s.langs, s.job, s.runs, text(call('ZCARD', P .. 'known:' .. s.src)),
    text(due and due < NEVER and due or 0), s.idx, s.high, s.weight, s.cap,
  }
end

-- Learns some of what the sync's last job has done. Job and place in its records are kept, so that it goes on where it was.
local function sync_learn(C, s, limit)
  local P = C.P
  if s.job == '' or s.learn == '' then return 0 end
  local st = call('HGET', P .. 'job:' .. s.job, 'st')
  if st == 'R' then return 0 end
  local looked, cursor = 0, s.learn
  repeat
    local r = call('HSCAN', P .. 'videos:' .. s.job, cursor, 'COUNT', '128')
    cursor = r[1]
    local add, failed = {}, {}
    for k = 1, #r[2], 2 do
      local vid, state = r[2][k], string.sub(r[2][k + 1], 1, 1)
      looked = looked + 1
      if state == 'd' or state == 's' then
        add[#add + 1] = text(NEVER); add[#add + 1] = vid
      elseif state == 'x' then
        failed[#failed + 1] = vid
      end
    end
    local kinds = #failed > 0 and call('HMGET', P .. 'errors:' .. s.job, unpack(failed)) or {}
    for k, vid in ipairs(failed) do
      local kind = kinds[k] and string.match(kinds[k], '^[^\n]*')
      if kind and REFUSALS[kind] then add[#add + 1] = text(C.now + REFUSED_MS); add[#add + 1] = vid end
    end
    -- What is known is not forgotten because a later run skipped it for a while.
    if #add > 0 then call('ZADD', P .. 'known:' .. s.src, 'GT', unpack(add)) end
  until cursor == '0' or looked >= limit
  s.learn = cursor == '0' and '' or cursor
  call('HSET', P .. 'sync:' .. s.src, 'learn', s.learn)
  return looked
end

-- Begins a run, or finds the job of the source that runs already. Nil: as many jobs run as there may be.
local function sync_begin(C, s)
  local P = C.P
  local id = call('GET', s.key)
  local J = id and job(C, id)
  local created = false
  if not (J and J.running) then
    -- What one stride leaves was indexed lately: the new run skips it, and it is learnt from there.
    sync_learn(C, s, MAX_LEARNT)
    if not make_room(C) then return nil end
    local n = 0
    repeat
      id = 'sync-' .. text(C.now) .. '-' .. text(n)
      n = n + 1
    until call('EXISTS', P .. 'job:' .. id) == 0
    J = new_job(C, id, {
      key = s.key, src = s.src, langs = s.langs, force = '0', high = s.high, weight = s.weight, cap = s.cap, idx = s.idx,
    })
    call('HSET', P .. 'job:' .. id, 'sync', '1')
    offer_expansion(C, J)
    created = true
    s.runs = text((tonumber(s.runs) or 0) + 1)
  end
  s.job = id; s.learn = '0'
  call('HSET', P .. 'sync:' .. s.src, 'job', id, 'learn', '0', 'runs', s.runs)
  return id, created
end

local function sync_schedule(C, s)
  local every = tonumber(s.every)
  call('ZADD', C.P .. 'syncs', text(every > 0 and C.now + every or NEVER), s.src)
end

-- Makes or changes a sync, and begins a run.
local function sync(K, A)
  local C, key, src, every, langs, idx = open(K[1]), K[2], A[1], A[2], A[3], A[4]
  local P = C.P
  local s = sync_load(P, src)
  if not s then
    if call('ZCARD', P .. 'syncs') >= MAX_SYNCS then return {err = 'FULL as many playlists are kept up to date as there may be'} end
    s = {src = src, every = '0', langs = langs, job = '', learn = '', runs = '0', created = text(C.now), idx = idx}
  end
  -- Other languages are other transcripts, and another index has none of them: nothing is known.
  if s.langs ~= langs or s.idx ~= idx then call('UNLINK', P .. 'known:' .. src); s.learn = '' end
  s.langs = langs; s.idx = idx; s.key = key; s.high = A[5]; s.weight = A[6]; s.cap = A[7]
  if every ~= '' then s.every = every end       -- empty: as it was
  call('HSET', P .. 'sync:' .. src, 'every', s.every, 'langs', langs, 'job', s.job, 'learn', s.learn, 'runs', s.runs,
    'created', s.created, 'key', key, 'idx', idx, 'high', s.high, 'weight', s.weight, 'cap', s.cap)
  local id, created = sync_begin(C, s)
  sync_schedule(C, s)
  close(C)
  if not id then return FULL end
  return {created and 1 or 0, sync_snapshot(P, s), snapshot(P, id)}
end

local function list_syncs(K, A)
  local P, limit, from = K[1], tonumber(A[1]), tonumber(A[2])
  local names = call('ZRANGE', P .. 'syncs', text(from), text(from + limit - 1))
  local out = {#names == limit and text(from + limit) or ''}
  for _, src in ipairs(names) do
    local s = sync_load(P, src)
    if s then out[#out + 1] = sync_snapshot(P, s) end
  end
  return out
end

local function remove_sync(K, A)
  local P, src = K[1], A[1]
  call('UNLINK', P .. 'known:' .. src)
  call('ZREM', P .. 'syncs', src)
  return call('DEL', P .. 'sync:' .. src)
end

-- Which of a page's videos a run need not fetch.
function later.known_videos(C, J, ids)
  if #ids == 0 or call('HGET', C.P .. 'job:' .. J.id, 'sync') ~= '1' then return {} end
  local scores, out = call('ZMSCORE', C.P .. 'known:' .. J.src, unpack(ids)), {}
  for k, vid in ipairs(ids) do out[vid] = scores[k] and tonumber(scores[k]) > C.now end
  return out
end

-- Begins what is due, and learns from what has ended.
local function run_syncs(C)
  local P = C.P
  for _, src in ipairs(call('ZRANGEBYSCORE', P .. 'syncs', '-inf', text(C.now), 'LIMIT', '0', text(MAX_DUE))) do
    local s = sync_load(P, src)
    if s then
      sync_begin(C, s)          -- with no room for a job it waits for the next time
      sync_schedule(C, s)
    else
      call('ZREM', P .. 'syncs', src)
    end
  end
  -- Records of a job last two hours after its end: whoever is drawn by chance is looked at long before.
  local left = MAX_LEARNT
  for _, src in ipairs(call('ZRANDMEMBER', P .. 'syncs', text(MAX_DUE))) do
    local s = left > 0 and sync_load(P, src)
    if s then left = left - sync_learn(C, s, left) end
  end
end

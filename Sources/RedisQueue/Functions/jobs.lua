-- Jobs ---------------------------------------------------------------------------------------------------------------

local SNAPSHOT = {
  'src', 'title', 'st', 'q', 'f', 'i', 'd', 'x', 's', 'c', 'sealed', 'stated', 'err', 'created', 'ended', 'ver',
  'paused', 'high', 'weight', 'cap', 'idx',
}

local function snapshot(P, id)
  local h = call('HMGET', P .. 'job:' .. id, unpack(SNAPSHOT))
  if not h[3] then return false end
  local r = {id}
  for k = 1, #SNAPSHOT do r[k + 1] = h[k] or '' end
  return r
end

-- Takes jobs whose record has expired from the lists.
local function prune(C)
  local ids = call('ZRANGEBYSCORE', C.P .. 'ended', '-inf', text(C.now), 'LIMIT', '0', text(MAX_PRUNED))
  if #ids == 0 then return end
  call('ZREM', C.P .. 'jobs', unpack(ids))
  call('ZREM', C.P .. 'ended', unpack(ids))
end

-- Makes room for one more job: of those that ended, the oldest is forgotten before its time.
local function make_room(C)
  local P = C.P
  if call('ZCARD', P .. 'jobs') < C.cfg.max_jobs then return true end
  prune(C)
  if call('ZCARD', P .. 'jobs') < C.cfg.max_jobs then return true end
  local id = call('ZPOPMIN', P .. 'ended')[1]
  if not id then return false end
  call('ZREM', P .. 'jobs', id)
  call('UNLINK', P .. 'job:' .. id, P .. 'videos:' .. id, P .. 'errors:' .. id, P .. 'notes:' .. id)
  C.jobs[id] = nil
  return true
end

local FULL = {err = 'FULL as many jobs run as there may be (setting max_jobs)'}

-- A job without videos. o: source, key of the source ('': none), languages, force and high as '0' or '1', weight, cap,
-- age and index where they are not the usual.
local function new_job(C, id, o)
  local P = C.P
  local newest = call('ZREVRANGE', P .. 'jobs', '0', '0', 'WITHSCORES')
  -- Scores are unique, so that a score is also a place in the list.
  call('ZADD', P .. 'jobs', text(math.max(C.now, (tonumber(newest[2]) or 0) + 1)), id)
  if o.key ~= '' then call('SET', o.key, id) end
  call('HSET', P .. 'job:' .. id, 'st', 'R', 'q', '0', 'f', '0', 'i', '0', 'd', '0', 'x', '0', 's', '0', 'c', '0',
    'ver', '1', 'sealed', '0', 'ring', '0', 'paused', '0', 'high', o.high, 'force', o.force, 'langs', o.langs,
    'src', o.src, 'key', o.key, 'weight', o.weight or '1', 'cap', o.cap or '0', 'out', '0', 'age', o.age or '0', 'idx', o.idx or '',
    'xa', '0',
    'xd', '0', 'created', text(C.now))
  C.jobs[id] = nil
  return job(C, id)
end

-- A video that the job does not have yet.
local function add_video(C, J, vid)
  local v = parse(vid, NEW)
  J.rec[vid] = v
  J.n.q = J.n.q + 1
  J.moved = true
  keep(J, v)
  requeue(C, J, vid)
end

local function seal(J)
  J.sealed = true; J.check = true
  set(J, 'sealed', '1')
end

local function submit(K, A)
  local P, id, vid = K[1], A[1], A[6]
  local C, key = open(P), K[2]
  local current = call('GET', key)
  if current then
    local J = job(C, current)
    if J and J.running then return {current == id and 1 or 0, snapshot(P, current)} end
  end
  if call('EXISTS', P .. 'job:' .. id) == 1 then return {0, snapshot(P, id)} end   -- repeated after its end
  if not make_room(C) then return FULL end
  -- Callers of revision 1 have no weight, cap, age and index.
  local J = new_job(C, id, {
    key = key, src = A[2], langs = A[3], force = A[4], high = A[5], weight = A[7], cap = A[8], age = A[9],
    idx = A[10],
  })
  if vid ~= '' then             -- one video: nothing has to be listed
    add_video(C, J, vid)
    seal(J)
    set(J, 'stated', '1')
  else
    offer_expansion(C, J)
  end
  close(C)
  return {1, snapshot(P, id)}
end

local function get_job(K, A) return snapshot(K[1], A[1]) end

local function list_jobs(K, A)
  local P, limit = K[1], tonumber(A[1])
  local r = call('ZREVRANGEBYSCORE', P .. 'jobs', A[2] == '' and '+inf' or '(' .. A[2], '-inf', 'WITHSCORES',
    'LIMIT', '0', text(limit))
  local out = {#r == limit * 2 and r[#r] or ''}
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

-- What is in work goes on, and what was fetched is indexed; nothing new is begun.
local function pause(K, A)
  local C, id, paused = open(K[1]), A[1], A[2] == '1'
  local J = job(C, id)
  if not J then return false end
  if J.running and J.paused ~= paused then
    J.paused = paused
    set(J, 'paused', A[2])
    if not paused then
      if call('EXISTS', C.P .. 'todo:' .. id) == 1 then enring(C, J) end
      if call('HGET', C.P .. 'job:' .. id, 'xe') == 'paused' then offer_expansion(C, J) end
    end
  end
  close(C)
  return snapshot(C.P, id)
end

local function pause_all(K, A)
  local C, paused = open(K[1]), A[1] == '1'
  if C.paused == paused then return 0 end
  C.paused = paused
  call('HSET', C.P .. 'state', 'paused', A[1])
  if not paused then            -- wakes those who wait: entries that were there already would not
    call('XADD', C.P .. 'expand', '*', '', '')
    call('XADD', C.P .. 'fetch', '*', '', '')
    C.ready = C.ready + 1
  end
  close(C)
  return 1
end

-- Expansion of a source into videos ------------------------------------------------------------------------------

local function fail_listing(C, J, message)
  seal(J)
  set(J, 'err', message)
  set_expansion(C, J, '')
  local n = J.n
  if n.q + n.f + n.i + n.d + n.x + n.s == 0 then end_job(C, J, 'F') end
end

local function take_expansions(K, A)
  local me, nonce, limit, from = A[1], A[2], tonumber(A[3]), A[4]
  local C = open(K[1])
  local P = C.P
  local items, last, out = {}, '', {}
  promote(C)
  if may_take(C, 'expand') then items, last = read(C, 'expand', me, limit, from) end
  for _, e in ipairs(items) do
    local eid, id = e[1], e[2][1]
    local J = job(C, id)
    local x = J and call('HMGET', P .. 'job:' .. id, 'xe', 'xa', 'xd', 'cur')
    if not J or not J.running or J.sealed or x[1] ~= eid then
      drop(C, 'expand', eid)
    elseif J.paused then
      drop(C, 'expand', eid)
      set_expansion(C, J, 'paused')
      set(J, 'xt', '')
    else
      local deliveries = x[3] + 1
      call('HSET', P .. 'job:' .. id, 'xd', text(deliveries))
      if deliveries > C.cfg.max_deliveries then
        drop(C, 'expand', eid)
        fail_listing(C, J, 'listing the videos failed ' .. C.cfg.max_deliveries .. ' times without an answer')
      else
        call('HSET', P .. 'job:' .. id, 'xt', me .. '#' .. nonce)
        out[#out + 1] = eid .. ' ' .. id .. ' ' .. text(x[2] + 1) .. ' ' .. J.src .. ' ' .. (x[4] or '')
      end
    end
  end
  close(C)
  return answer(C, 'expand', from, last, out)
end

-- Checks a claim on an expansion. Nil: it holds; otherwise the outcome to answer.
local function expansion_refused(C, id, eid, token)
  local J = job(C, id)
  if not J or not J.running then
    drop_ended(C, 'expand', eid, id, '')
    return too_late(C, J)
  end
  local x = call('HMGET', C.P .. 'job:' .. J.id, 'xt', 'xe')
  if x[1] ~= token then count(C, 'stale'); return STALE end
  if J.sealed then return OK end              -- the reply was lost, the call is repeated
  if x[2] ~= eid then count(C, 'stale'); return STALE end
end

local function renew(C, stage, me, eids)
  if #eids == 0 then return end
  local arguments = {'XCLAIM', C.P .. stage, GROUP[stage], me, '0'}
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
  local refused = expansion_refused(C, id, eid, token)
  if refused then close(C); return refused end
  local n, total = J.n, 0
  for _, name in ipairs(COUNTS) do total = total + n[name] end

  local ids, cut = {}, false
  for k = 9, #A, 3 do ids[#ids + 1] = A[k] end
  local have = #ids > 0 and call('HMGET', P .. 'videos:' .. id, unpack(ids)) or {}
  local push, records, seen = {}, {}, {}
  local known = later.known_videos(C, J, ids)
  for k, vid in ipairs(ids) do
    if not have[k] and not seen[vid] then
      if total >= C.cfg.max_videos_per_job then cut = true; break end
      seen[vid] = true
      total = total + 1
      records[#records + 1] = vid
      local kind = A[9 + (k - 1) * 3 + 1]
      if kind == '' and known[vid] then         -- an earlier run of its sync has it
        records[#records + 1] = 's||0|0||'
        n.s = n.s + 1
      elseif kind == '' then
        push[#push + 1] = vid
        records[#records + 1] = NEW
        n.q = n.q + 1
      else                      -- the list itself says that it cannot be played
        remember_error(C, J, vid, kind, A[9 + (k - 1) * 3 + 2])
        records[#records + 1] = 'x||0|0||'
        n.x = n.x + 1
      end
    end
  end
  if #records > 0 then
    call('HSET', P .. 'videos:' .. id, unpack(records))
    J.moved = true
  end
  if #push > 0 then
    call('RPUSH', P .. 'todo:' .. id, unpack(push))
    enring(C, J)
  end
  if title ~= '' then set(J, 'title', title) end
  if stated ~= '' then set(J, 'stated', stated) end
  if cursor ~= '' then set(J, 'cur', cursor); set(J, 'xa', '0'); set(J, 'xd', '0') end   -- it makes progress
  if cut then                   -- without its token the gateway stops listing
    set(J, 'err', 'only the first ' .. C.cfg.max_videos_per_job .. ' videos are indexed'); set(J, 'xt', '')
  end
  if sealed or cut then
    seal(J)
    local said = tonumber(stated) or tonumber(call('HGET', P .. 'job:' .. id, 'stated') or '')
    if not cut and said and total < said then
      set(J, 'err', 'incomplete: YouTube listed ' .. total .. ' of the ' .. said ..
        ' videos it says there are; the others are hidden, or the listing stopped early')
    end
    drop(C, 'expand', eid)
  else
    renew(C, 'expand', me, {eid})
  end
  close(C)
  return OK
end

-- The wait before the next attempt.
local function backoff(C, attempt, consequence, retry_after, random)
  local cfg, wait = C.cfg, nil
  if consequence == 'wait' then
    wait = math.max(retry_after, cfg.identity_wait_ms) + random * cfg.identity_wait_ms
  else
    wait = math.max(retry_after, random * math.min(cfg.backoff_max_ms, cfg.backoff_base_ms * 2 ^ (attempt - 1)))
  end
  return math.floor(math.min(wait, cfg.retry_after_max_ms))
end

local function fail_expansion(K, A)
  local id, eid, token, consequence = A[1], A[2], A[3], A[4]
  local retry_after, random, message = tonumber(A[5]), tonumber(A[6]), A[8]
  local C = open(K[1])
  local J = job(C, id)
  local refused = expansion_refused(C, id, eid, token)
  if refused then close(C); return refused end
  local attempts = tonumber(call('HGET', C.P .. 'job:' .. id, 'xa'))
  if consequence ~= 'wait' then attempts = attempts + 1 end
  drop(C, 'expand', eid)
  set(J, 'xa', text(attempts)); set(J, 'xd', '0')
  set_expansion(C, J, '')
  if consequence == 'permanent' or attempts >= C.cfg.max_attempts then
    fail_listing(C, J, message)
    count(C, 'failed_listings')
  else
    call('ZADD', C.P .. 'delay', text(C.now + backoff(C, attempts, consequence, retry_after, random)), 'e|' .. id)
  end
  close(C)
  return OK
end

local function beat_expansions(K, A)
  local C, out, mine = open(K[1]), {}, {}
  for k = 2, #A, 3 do
    local refused = expansion_refused(C, A[k + 1], A[k], A[k + 2])
    out[#out + 1] = refused or OK
    if not refused then mine[#mine + 1] = A[k] end
  end
  renew(C, 'expand', A[1], mine)
  close(C)
  return table.concat(out)
end

local function release_expansions(K, A)
  local C, out = open(K[1]), {}
  for k = 1, #A, 3 do
    local J = job(C, A[k + 1])
    local refused = expansion_refused(C, A[k + 1], A[k], A[k + 2])
    if not refused then
      drop(C, 'expand', A[k])
      offer_expansion(C, J)
      set(J, 'xt', ''); set(J, 'xd', '0')
    end
    out[#out + 1] = refused or OK
  end
  close(C)
  return table.concat(out)
end

-- Audit --------------------------------------------------------------------------------------------------------------
-- Compares what is kept twice, and mends it: counters are those of the records, and each record has its entry, its place
-- in a list or its due time. Nothing of this can differ but after a loss (an append-only file that was cut, a failover
-- to a replica that lagged) or a mistake in these functions; each repair is counted.

local AUDIT_PAGE = 1000         -- entries read at once
local MAX_AUDITED_JOBS = 16     -- jobs looked at in one upkeep

-- Calls f(entry id, fields) for all entries of a stream.
local function each_entry(C, stage, f)
  local from = '-'
  repeat
    local page = call('XRANGE', C.P .. stage, from, '+', 'COUNT', text(AUDIT_PAGE))
    for _, e in ipairs(page) do f(e[1], e[2]) end
    if #page > 0 then from = '(' .. page[#page][1] end
  until #page < AUDIT_PAGE
end

-- What all jobs share: groups, pending entries, and what is held in the index stage.
local function audit_shared(C, repaired)
  for stage, group in pairs(GROUP) do
    local key = C.P .. stage
    local pending = redis.pcall('XPENDING', key, group)
    if pending.err then
      ensure_group(C, stage)                    -- nobody has taken anything yet, or FLUSHALL
    elseif pending[1] > 0 then
      for _, p in ipairs(call('XPENDING', key, group, '-', '+', text(pending[1]))) do
        if #call('XRANGE', key, p[1], p[1]) == 0 then
          call('XACK', key, group, p[1])
          repaired('pending')
        end
      end
    end
  end
  local ready = call('XLEN', C.P .. 'fetch') - call('XPENDING', C.P .. 'fetch', GROUP.fetch)[1]
  local held, bytes = 0, 0
  each_entry(C, 'index', function(_, f)
    held = held + 1
    bytes = bytes + tonumber(f[4])
  end)
  for _, member in ipairs(call('ZRANGE', C.P .. 'delay', '0', '-1')) do
    local n = string.match(member, '^i|[^|]*|[^|]*|(%d+)$')
    if n then held = held + 1; bytes = bytes + n end
  end
  for name, value in pairs({ready = ready, held = held, bytes = bytes}) do
    if C[name] ~= value then C[name] = value; repaired(name) end
  end
end

-- The counters of a job are those of its records; these come back by state.
local function audit_counters(C, J, repaired)
  local flat, by_state = call('HGETALL', C.P .. 'videos:' .. J.id), {q = {}, f = {}, i = {}, w = {}}
  local n = {q = 0, f = 0, i = 0, d = 0, x = 0, s = 0, c = 0}
  for k = 1, #flat, 2 do
    -- What this call has changed, and not written yet, is the truth.
    local v = J.rec[flat[k]] or parse(flat[k], J.raw[flat[k]] or flat[k + 1])
    if not v.st then               -- not a record of ours: as if it had never begun
      v = parse(flat[k], NEW)
      keep(J, v)
      repaired('records')
    end
    J.rec[flat[k]] = v
    local bucket, list = BUCKET[v.st], by_state[v.st]
    n[bucket] = n[bucket] + 1
    if list then list[#list + 1] = v end
  end
  for name, value in pairs(n) do
    if J.n[name] ~= value then
      J.n[name] = value; J.moved = true
      repaired('counters')
    end
  end
  return by_state
end

-- The list of waiting videos holds queued ones, each once. Returns those it holds.
local function audit_todo(C, J, repaired)
  local key, kept, has = C.P .. 'todo:' .. J.id, {}, {}
  local list = call('LRANGE', key, '0', '-1')
  for _, vid in ipairs(list) do
    local v = J.rec[vid]
    if v and v.st == 'q' and not has[vid] then
      has[vid] = true
      kept[#kept + 1] = vid
    end
  end
  if #kept < #list then
    repaired('todo', #list - #kept)
    call('DEL', key)
    for k = 1, #kept, AUDIT_PAGE do call('RPUSH', key, unpack(kept, k, math.min(#kept, k + AUDIT_PAGE - 1))) end
  end
  return has
end

-- The entry of a video in the index stage is gone: it gets another, or the payload is gone as well.
local function audit_indexing(C, J, v, repaired)
  local payload = payload_key(C, J.id, v.vid, v.ftok)
  local bytes = call('STRLEN', payload)
  if bytes == 0 and v.ftok ~= LISTED then
    fetch_again(C, J, v)
    repaired('payloads')
  elseif not call('ZSCORE', C.P .. 'delay', 'i|' .. J.id .. '|' .. v.vid .. '|' .. text(bytes)) then
    v.tok = ''
    add_index(C, J, v, text(bytes))
    keep(J, v)
    C.held = C.held + 1
    C.bytes = C.bytes + bytes
    repaired('entries')
  end
end

local function audit_turn(C, J, repaired)
  local waits = call('EXISTS', C.P .. 'todo:' .. J.id) == 1
  local ring = ring_of(C, J)
  local turns = #call('LPOS', ring, J.id, 'COUNT', '0')
  local due = waits and not J.paused and not at_cap(J)
  if turns == (J.ring and 1 or 0) and (J.ring or not due) then return end
  call('LREM', ring, '0', J.id)
  J.ring = false; J.ring_changed = true
  if due then enring(C, J) end
  repaired('turns')
end

local function audit_listing(C, J, repaired)
  if J.sealed then return end
  local entry = call('HGET', C.P .. 'job:' .. J.id, 'xe') or ''
  if entry == 'paused' and J.paused then return end
  if string.find(entry, '-') and #call('XRANGE', C.P .. 'expand', entry, entry) == 1 then return end
  if call('ZSCORE', C.P .. 'delay', 'e|' .. J.id) then return end
  offer_expansion(C, J)
  repaired('listings')
end

local function audit_job(C, J, repaired)
  local P, out = C.P, 0
  local fetches, indexes = {}, {}
  each_entry(C, 'fetch', function(eid, f)
    if f[1] == J.id then fetches[f[2]] = eid; out = out + 1 end
  end)
  each_entry(C, 'index', function(eid, f)
    if f[1] == J.id then indexes[f[2]] = eid end
  end)
  local by_state = audit_counters(C, J, repaired)
  if J.cap > 0 and J.out ~= out then
    J.out = out; J.out_changed = true
    repaired('out')
  end
  local todo = audit_todo(C, J, repaired)
  local function back(v)
    v.tok = ''; v.eid = ''
    shift(J, v, 'q')
    requeue(C, J, v.vid)
    repaired('places')
  end
  for _, v in ipairs(by_state.q) do
    local vid = v.vid
    if not todo[vid] and not fetches[vid] and not call('ZSCORE', P .. 'delay', 'f|' .. J.id .. '|' .. vid) then back(v) end
  end
  for _, v in ipairs(by_state.f) do
    if fetches[v.vid] ~= v.eid then
      back(v)
      unlock(C, J.id, v.vid .. J.suffix)
    elseif not get_lock(C, v.vid .. J.suffix) then
      set_lock(C, v.vid .. J.suffix, J.id)
      repaired('locks')
    end
  end
  for _, v in ipairs(by_state.i) do
    if v.ftok ~= LISTED and not get_lock(C, v.vid .. J.suffix) then
      set_lock(C, v.vid .. J.suffix, J.id)
      repaired('locks')
    end
    if indexes[v.vid] ~= v.eid or v.eid == '' then audit_indexing(C, J, v, repaired) end
  end
  for _, v in ipairs(by_state.w) do
    if not call('LPOS', P .. 'waiting:' .. v.vid .. J.suffix, J.id) then back(v) end
  end
  audit_turn(C, J, repaired)
  audit_listing(C, J, repaired)
  J.check = true
end

-- Runs `body` with what counts repairs; returns them by kind.
local function with_repairs(C, body)
  local found, total = {}, 0
  body(function(kind, n)
    found[kind] = (found[kind] or 0) + (n or 1)
    total = total + (n or 1)
  end)
  if total > 0 then count(C, 'repairs', total) end
  return found
end

local function audit(K, A)
  local C, id, out = open(K[1]), A[1], {}
  local found = with_repairs(C, function(repaired)
    if id == '' then return audit_shared(C, repaired) end
    local J = job(C, id)
    if J and J.running then audit_job(C, J, repaired) end
  end)
  close(C)
  for kind, n in pairs(found) do out[#out + 1] = kind; out[#out + 1] = n end
  return out
end

-- A part of the audit of all jobs, where one is due: some jobs, and at the end what they share. A Redis that was restarted
-- may have lost its last second, so all its jobs are looked at; later only those that take no time to speak of.
local function audit_some(C)
  local state = C.P .. 'state'
  local h = call('HMGET', state, 'audit_run', 'audit_at', 'audit_from', 'audit_all')
  local from, all = h[3], h[4] == '1'
  if not from then
    local run = string.match(call('INFO', 'server'), 'run_id:(%w+)')
    all = h[1] ~= run
    if not all and C.now - (tonumber(h[2]) or 0) < C.cfg.audit_ms then return end
    from = '+inf'
    call('HSET', state, 'audit_run', run, 'audit_all', all and '1' or '0')
  end
  local jobs = call('ZREVRANGEBYSCORE', C.P .. 'jobs', from == '+inf' and from or '(' .. from, '-inf', 'WITHSCORES', 'LIMIT',
    '0', text(MAX_AUDITED_JOBS))
  with_repairs(C, function(repaired)
    local videos = 0
    for k = 1, #jobs, 2 do
      local J = job(C, jobs[k])
      from = jobs[k + 1]
      if J and J.running then
        local size = call('HLEN', C.P .. 'videos:' .. J.id)
        if all or size <= C.cfg.max_audit then
          audit_job(C, J, repaired)
          videos = videos + size
        end
      end
      if videos >= C.cfg.max_audit then break end
    end
    if #jobs > 0 then
      call('HSET', state, 'audit_from', from)
    else
      audit_shared(C, repaired)
      call('HDEL', state, 'audit_from')
      call('HSET', state, 'audit_at', text(C.now))
    end
  end)
end

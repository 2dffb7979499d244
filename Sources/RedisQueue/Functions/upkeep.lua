-- Dead letters -------------------------------------------------------------------------------------------------------

-- Newest first.
local function list_dead(K, A)
  local limit = tonumber(A[1])
  local r = call('XREVRANGE', K[1] .. 'dead', A[2] == '' and '+' or '(' .. A[2], '-', 'COUNT', text(limit))
  local out = {#r == limit and r[#r][1] or ''}
  for _, e in ipairs(r) do
    local letter = {e[1]}
    for _, value in ipairs(e[2]) do letter[#letter + 1] = value end
    out[#out + 1] = letter
  end
  return out
end

local function fields(flat)
  local t = {}
  for k = 1, #flat, 2 do t[flat[k]] = flat[k + 1] end
  return t
end

-- Gives one dead letter another life in `J`. Attempts and deliveries begin anew.
local function revive(C, J, vid)
  local v = record(C, J, vid)
  if not v then
    add_video(C, J, vid)
  elseif v.st == 'x' then
    v.att = 0; v.dlv = 0
    shift(J, v, 'q')
    requeue(C, J, vid)
  else
    return false                -- it lives already
  end
  call('HDEL', C.P .. 'errors:' .. J.id, vid)
  return true
end

-- The job that a dead letter goes to: its own while that runs, else the one where others of it went, or a new one. That
-- has the source of the old one, but not its name: who submits the source again has all its videos looked at.
local function retry_job(C, letter, new)
  local old = letter.job
  local J = job(C, old)
  if J and J.running then return J end
  local id = J and call('HGET', C.P .. 'job:' .. old, 'retry')
  local R = id and job(C, id)
  if R and R.running then return R end
  if not make_room(C) then return nil end
  R = new_job(C, new, {key = '', src = letter.source, langs = letter.languages, idx = letter.index, force = '0', high = '0'})
  seal(R)
  if J then
    set(R, 'title', call('HGET', C.P .. 'job:' .. old, 'title') or '')
    call('HSET', C.P .. 'job:' .. old, 'retry', new)
  end
  return R
end

-- Moves dead letters back into work. Letters that are gone are passed over, so that a repeated call changes nothing.
local function requeue_dead(K, A)
  local C, moved, jobs, chosen = open(K[1]), 0, {}, {}
  for k = 2, #A do
    local e = call('XRANGE', C.P .. 'dead', A[k], A[k])[1]
    if e then
      local letter = fields(e[2])
      local R = chosen[letter.job]
      if not R then
        R = retry_job(C, letter, A[1] .. '-' .. text(#jobs + 1))
        if not R then           -- no room for more jobs
          if moved == 0 then close(C); return FULL end
          break
        end
        chosen[letter.job] = R
        jobs[#jobs + 1] = R.id
      end
      if revive(C, R, letter.video) then moved = moved + 1 end
      call('XDEL', C.P .. 'dead', A[k])
    end
  end
  close(C)
  return {moved, unpack(jobs)}
end

-- Upkeep -------------------------------------------------------------------------------------------------------------

-- Consumers that were quiet for long and hold nothing.
local function remove_consumers(C, stage, me)
  local group, removed = GROUP[stage], 0
  local consumers = redis.pcall('XINFO', 'CONSUMERS', C.P .. stage, group)
  if consumers.err then ensure_group(C, stage); return 0 end
  for _, flat in ipairs(consumers) do
    local c = fields(flat)
    -- Only without pending entries: XGROUP DELCONSUMER forgets them silently.
    if c.pending == 0 and c.idle > C.cfg.consumer_idle_ms and c.name ~= me then
      call('XGROUP', 'DELCONSUMER', C.P .. stage, group, c.name)
      removed = removed + 1
    end
  end
  return removed
end

-- Some locks and some of those who wait, by chance: what a job that ended, or vanished, left behind is taken away.
local function heal_locks(C)
  for _, key in ipairs(call('HRANDFIELD', C.P .. 'lock', text(MAX_HEALED))) do lock_live(C, key) end
  for _, key in ipairs(call('SRANDMEMBER', C.P .. 'parked', text(MAX_HEALED))) do
    if not lock_live(C, key) then free_waiters(C, key, false) end
  end
end

-- Every worker calls it every few seconds.
local function tidy(K, A)
  local C, removed = open(K[1]), 0
  for stage in pairs(GROUP) do removed = removed + remove_consumers(C, stage, A[1]) end
  C.ready = call('XLEN', C.P .. 'fetch') - call('XPENDING', C.P .. 'fetch', GROUP.fetch)[1]
  heal_locks(C)
  prune(C)
  audit_some(C)
  run_syncs(C)
  for _, name in ipairs(call('SRANDMEMBER', C.P .. 'identities', text(MAX_HEALED))) do
    if call('EXISTS', C.P .. 'limit:' .. name) == 0 then call('SREM', C.P .. 'identities', name) end
  end
  close(C)
  return removed
end

local function stats(K, A)
  local P, out, now = K[1], {}, clock()
  local function add(name, value) out[#out + 1] = name; out[#out + 1] = value end
  for stage, group in pairs(GROUP) do
    local pending = redis.pcall('XPENDING', P .. stage, group)
    add(stage .. '_entries', call('XLEN', P .. stage))
    add(stage .. '_pending', pending.err and 0 or pending[1])
    local oldest = call('XRANGE', P .. stage, '-', '+', 'COUNT', '1')[1]
    add(stage .. '_oldest_ms', oldest and math.max(0, now - tonumber(string.match(oldest[1], '^%d+'))) or 0)
  end
  add('delayed', call('ZCARD', P .. 'delay'))
  add('dead_entries', call('XLEN', P .. 'dead'))
  add('jobs', call('ZCARD', P .. 'jobs'))
  add('jobs_running', call('ZCARD', P .. 'jobs') - call('ZCARD', P .. 'ended'))
  local waiting, backlog = 0, 0
  for _, ring in ipairs({'ring', 'ring:high'}) do
    waiting = waiting + call('LLEN', P .. ring)
    for _, id in ipairs(call('LRANGE', P .. ring, '0', '999')) do
      backlog = backlog + call('LLEN', P .. 'todo:' .. id)
    end
  end
  add('jobs_waiting', waiting)
  add('backlog', backlog)
  local h = call('HGETALL', P .. 'state')
  for k = 1, #h, 2 do
    if not string.find(h[k], '^audit_') then add(h[k], tonumber(h[k + 1])) end
  end
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

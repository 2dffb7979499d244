-- Fetch stage --------------------------------------------------------------------------------------------------------

local POISON = 'given up: its workers stopped without an answer each time'

local function end_failed(C, stage, J, v, why, message)
  v.eid = ''; v.tok = ''; v.ftok = ''
  shift(J, v, 'x')
  dead(C, stage, J, v, why, message)
  unlock(C, J.id, v.vid .. J.suffix)
end

-- Whether one more delivery of a task is one too many; then it has ended.
local function poisoned(C, stage, J, v)
  v.dlv = v.dlv + 1
  if v.dlv <= C.cfg.max_deliveries then return false end
  remember_error(C, J, v.vid, 'poison', POISON)
  end_failed(C, stage, J, v, 'poison', POISON)
  return true
end

-- Whether what was indexed at `at` (s) is new enough for the job.
local function is_recent(C, J, at)
  return at and not J.force and (J.age == 0 or C.now <= (at + J.age) * 1000)
end

local function begin_fetch(C, it, token, recent, out)
  local J, v, vid = it.J, it.v, it.vid
  if not J or not J.running then
    drop_fetch(C, it.J, it.eid)
    unlock_ended(C, it)
    return
  end
  local again = v and v.st == 'f' and v.eid == it.eid         -- taken over, or taken back
  if not again and not (v and v.st == 'q') then drop_fetch(C, it.J, it.eid); return end
  local key = vid .. J.suffix
  if J.paused then
    drop_fetch(C, it.J, it.eid)
    if again then
      v.eid = ''; v.tok = ''
      shift(J, v, 'q')
      unlock(C, J.id, key)
    end
    requeue(C, J, vid, true)
    return
  end
  if not again then
    if is_recent(C, J, recent[key]) then
      drop_fetch(C, it.J, it.eid)
      v.eid = ''
      shift(J, v, 's')
      return
    end
    if lock_live(C, key) then
      drop_fetch(C, it.J, it.eid)
      park(C, J, v, key)
      return
    end
    set_lock(C, key, J.id)
    v.dlv = 0
  end
  if poisoned(C, 'fetch', J, v) then drop_fetch(C, it.J, it.eid); return end
  shift(J, v, 'f')
  v.eid = it.eid
  v.tok = token
  out[#out + 1] = it.eid .. ' ' .. it.job .. ' ' .. vid .. ' ' .. text(v.att + 1) .. ' ' .. J.langs
end

-- What was indexed lately, of a batch.
local function load_recent(C, items)
  local keys, recent = {}, {}
  for _, it in ipairs(items) do
    if it.J then keys[#keys + 1] = it.vid .. it.J.suffix end
  end
  if #keys == 0 then return recent end
  local g = generation(C)
  for n = g, g - 1, -1 do       -- the later of two
    local key = C.P .. 'recent:' .. text(n)
    if call('EXISTS', key) == 1 then
      local done = call('HMGET', key, unpack(keys))
      for k, name in ipairs(keys) do recent[name] = recent[name] or done[k] end
    end
  end
  return recent
end

local function take_fetches(K, A)
  local me, nonce, limit, from = A[1], A[2], tonumber(A[3]), A[4]
  local C = open(K[1])
  local items, last, out = {}, '', {'', -1}
  promote(C)
  if may_take(C, 'fetch') then
    if from == '>' then feed(C, math.max(C.cfg.window, limit)) end
    items, last = read(C, 'fetch', me, limit, from)
  end
  if #items > 0 then
    load(C, items)
    load_locks(C, items)
    local recent, token = load_recent(C, items), me .. '#' .. nonce
    for _, it in ipairs(items) do begin_fetch(C, it, token, recent, out) end
  end
  close(C)
  return answer(C, 'fetch', from, last, out)
end

-- The payloads of a batch that are not there (any more): by name.
local function missing(keys)
  local none = {}
  if #keys > 0 and call('EXISTS', unpack(keys)) < #keys then
    for _, key in ipairs(keys) do
      if call('EXISTS', key) == 0 then none[key] = true end
    end
  end
  return none
end

local function hand_over(K, A)
  local C, items, keys, out = open(K[1]), {}, {}, {}
  for k = 1, #A, 5 do
    local it = {eid = A[k], job = A[k + 1], vid = A[k + 2], tok = A[k + 3], bytes = A[k + 4]}
    it.payload = payload_key(C, it.job, it.vid, it.tok)
    items[#items + 1] = it
    keys[#keys + 1] = it.payload
  end
  load(C, items)
  local none = missing(keys)
  for k, it in ipairs(items) do
    local J, v = it.J, it.v
    if not J or not J.running then
      drop_ended(C, 'fetch', it)
      unlock_ended(C, it)
      C.unlink[#C.unlink + 1] = it.payload
      out[k] = 'cancelled'
    elseif v and v.st == 'i' and v.ftok == it.tok then
      out[k] = 'ok'                             -- the reply was lost, the call is repeated
    elseif not v or v.st ~= 'f' or v.tok ~= it.tok then
      C.unlink[#C.unlink + 1] = it.payload
      count(C, 'stale')
      out[k] = 'stale'
    elseif none[it.payload] then
      out[k] = 'missing'
    else
      drop_fetch(C, it.J, it.eid)
      v.ftok = it.tok; v.tok = ''; v.dlv = 0; v.att = 0
      add_index(C, J, v, it.payload, it.bytes)
      shift(J, v, 'i')
      C.bytes = C.bytes + it.bytes
      C.held = C.held + 1
      out[k] = 'ok'
    end
  end
  close(C)
  return out
end

-- Index stage --------------------------------------------------------------------------------------------------------

-- So many entries that their payloads are about `max_bytes`, by the mean size of what is held.
local function batch_limit(C, limit, max_bytes)
  local mean = C.held > 0 and math.max(1, C.bytes / C.held) or 1
  return math.max(1, math.min(limit, math.floor(max_bytes / mean)))
end

local function take_indexes(K, A)
  local me, nonce, limit, from, max_bytes = A[1], A[2], tonumber(A[3]), A[4], tonumber(A[5])
  local C = open(K[1])
  promote(C)
  local items, last = read(C, 'index', me, batch_limit(C, limit, max_bytes), from)
  load(C, items)
  local out, token, bytes = {'', -1}, me .. '#' .. nonce, 0
  for _, it in ipairs(items) do
    local J, v = it.J, it.v
    if not J or not J.running then
      end_index(C, it.eid, it.payload, it.bytes)
      unlock_ended(C, it)
    elseif not v or v.st ~= 'i' or v.eid ~= it.eid then
      end_index(C, it.eid, it.payload, it.bytes)
    elseif bytes > 0 and bytes + it.bytes > max_bytes then
      drop(C, 'index', it.eid)                  -- more than the caller can hold: somebody else's, unharmed
      add_index(C, J, v, it.payload, text(it.bytes))
      keep(J, v)
    elseif poisoned(C, 'index', J, v) then
      end_index(C, it.eid, it.payload, it.bytes)
    else
      bytes = bytes + it.bytes
      v.tok = token
      keep(J, v)
      out[#out + 1] = it.eid .. ' ' .. it.job .. ' ' .. it.vid .. ' ' .. text(v.att + 1) .. ' ' .. v.ftok .. ' '
        .. text(it.bytes) .. ' ' .. J.src
    end
  end
  close(C)
  return answer(C, 'index', from, last, out)
end

local function complete(K, A)
  local C, items, out = open(K[1]), {}, {}
  local now_s = text(math.floor(C.now / 1000))
  for k = 1, #A, 6 do
    items[#items + 1] = {eid = A[k], job = A[k + 1], vid = A[k + 2], tok = A[k + 3], payload = A[k + 4],
      bytes = tonumber(A[k + 5])}
  end
  load(C, items)
  for k, it in ipairs(items) do
    local J, v = it.J, it.v
    if v and v.st == 'd' and v.tok == it.tok then
      out[k] = 'ok'                             -- the reply was lost, the call is repeated
    elseif not J or not J.running then
      drop_ended(C, 'index', it)
      unlock_ended(C, it)
      out[k] = 'cancelled'
    elseif not v or v.st ~= 'i' or v.tok ~= it.tok or v.eid ~= it.eid then
      count(C, 'stale')
      out[k] = 'stale'
    else
      end_index(C, it.eid, it.payload, it.bytes)
      -- The token stays, so that a repeated call is known; the rest is not needed any more.
      v.eid = ''; v.ftok = ''; v.dlv = 0
      shift(J, v, 'd')
      local key = it.vid .. J.suffix
      C.indexed[#C.indexed + 1] = key; C.indexed[#C.indexed + 1] = now_s
      unlock_done(C, key)
      out[k] = 'ok'
    end
  end
  close(C)
  return out
end

-- Both stages --------------------------------------------------------------------------------------------------------

local STATE = {fetch = 'f', index = 'i'}

-- Reads claims of `width` arguments; the wide ones have payload and bytes, and what follows is at `rest`.
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
    drop_ended(C, stage, it)
    unlock_ended(C, it)
    return 'cancelled'
  end
  if not v or v.st ~= STATE[stage] or v.tok ~= it.tok or v.eid ~= it.eid then
    count(C, 'stale')
    return 'stale'
  end
end

local function fail(K, A)
  local stage, C, out = A[1], open(K[1]), {}
  local items = claims(A, 2, 11)
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
        if stage == 'index' then end_index(C, it.eid, it.payload, it.bytes) else drop_fetch(C, J, it.eid) end
        end_failed(C, stage, J, v, kind, message)
      else
        local due = C.now + backoff(C, v.att, consequence, retry_after, random)
        v.eid = ''; v.tok = ''; v.dlv = 0
        if stage == 'index' then                -- the payload stays, and stays accounted
          drop(C, 'index', it.eid)
          keep(J, v)
          call('ZADD', C.P .. 'delay', text(due), 'i|' .. J.id .. '|' .. vid .. '|' .. text(it.bytes))
        else
          drop_fetch(C, J, it.eid)
          shift(J, v, 'q')
          call('ZADD', C.P .. 'delay', text(due), 'f|' .. J.id .. '|' .. vid)
          unlock(C, J.id, vid .. J.suffix, due)
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
  local items = claims(A, 2, 6)
  load(C, items)
  for k, it in ipairs(items) do
    out[k] = refused(C, stage, it) or 'ok'
    if out[k] == 'ok' then
      local J, v = it.J, it.v
      if stage == 'index' and call('EXISTS', it.payload) == 0 then
        end_index(C, it.eid, it.payload, it.bytes)
        fetch_again(C, J, v)
      elseif stage == 'index' then
        drop(C, 'index', it.eid)
        v.tok = ''; v.dlv = 0
        add_index(C, J, v, it.payload, text(it.bytes))
        keep(J, v)
      else
        drop_fetch(C, it.J, it.eid)
        v.tok = ''; v.eid = ''; v.dlv = 0
        shift(J, v, 'q')
        requeue(C, J, it.vid, true)
        unlock(C, J.id, it.vid .. J.suffix)
      end
    end
  end
  close(C)
  return out
end

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

-- Begins a video, or does what else its entry asks for. Returns the attempt, if it has begun.
local function begin_fetch(C, J, vid, eid, token, recent)
  local v = record(C, J, vid)
  local again = v and v.st == 'f' and v.eid == eid         -- taken over, or taken back
  if not again and not (v and v.st == 'q') then drop_fetch(C, J, eid); return end
  local key = vid .. J.suffix
  if J.paused then
    drop_fetch(C, J, eid)
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
      drop_fetch(C, J, eid)
      add_listed(C, J, v)
      return
    end
    if lock_live(C, key) then
      drop_fetch(C, J, eid)
      park(C, J, v, key)
      return
    end
    set_lock(C, key, J.id)
    v.dlv = 0
  end
  if poisoned(C, 'fetch', J, v) then drop_fetch(C, J, eid); return end
  shift(J, v, 'f')
  v.eid = eid
  v.tok = token
  return v.att + 1
end

-- What was indexed lately, of a batch.
local function load_recent(C, keys)
  local recent = {}
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

-- Reads all that beginning a batch needs.
local function prepare_fetches(C, entries)
  local ids, locks, indexed = {}, {}, {}
  for k = 1, #entries do
    local f = entries[k][2]
    local J = job(C, f[1])
    if J and J.running then
      local key = f[2] .. J.suffix
      want(ids, J, f[2])
      if C.lock[key] == nil then C.lock[key] = false; locks[#locks + 1] = key end
      if not J.force then indexed[#indexed + 1] = key end
    end
  end
  load(C, ids)
  load_locks(C, locks)
  return load_recent(C, indexed)
end

local function take_fetches(K, A)
  local me, nonce, limit, from = A[1], A[2], tonumber(A[3]), A[4]
  local C = open(K[1])
  local entries, last, out, n = {}, '', {}, 0
  promote(C)
  if may_take(C, 'fetch') then
    if from == '>' then feed(C, math.max(C.cfg.window, limit)) end
    entries, last = read(C, 'fetch', me, limit, from)
  end
  if #entries > 0 then
    local recent, token = prepare_fetches(C, entries), me .. '#' .. nonce
    local begun, lock, lock_changed, locks = 'f|' .. token .. '|0|1|', C.lock, C.lock_changed, C.locks
    local jobs, locked = C.jobs, 0
    for k = 1, #entries do
      local e = entries[k]
      local eid, id, vid = e[1], e[2][1], e[2][2]
      local J, attempt = jobs[id], nil
      if not J or not J.running then
        drop(C, 'fetch', eid)
        unlock_ended(C, J, id, vid)
      else
        local key = vid .. J.suffix
        if raw_of(J, vid) == NEW and not J.paused and lock[key] == false and lock_changed[key] == nil
          and not recent[key] then
          -- What nearly always is: begun for the first time, and nobody else has it.
          put(J, vid, begun .. eid .. '|')
          lock[key] = id
          locks[locked + 1] = key; locks[locked + 2] = id
          locked = locked + 2
          local counts = J.n
          counts.q = counts.q - 1; counts.f = counts.f + 1
          J.moved = true
          attempt = 1
        else
          attempt = begin_fetch(C, J, vid, eid, token, recent)
        end
        if attempt then
          n = n + 1
          out[n] = eid .. ' ' .. id .. ' ' .. vid .. ' ' .. text(attempt) .. ' ' .. J.langs
        end
      end
    end
  end
  close(C)
  return answer(C, 'fetch', from, last, table.concat(out, '\n'))
end

-- The payloads of a batch that are not there (any more): by name; nil: all are there.
local function missing(keys)
  if #keys == 0 or call('EXISTS', unpack(keys)) == #keys then return nil end
  local none = {}
  for _, key in ipairs(keys) do
    if call('EXISTS', key) == 0 then none[key] = true end
  end
  return none
end

-- Reads the records of claims: arguments from `first` on, entry, job and video being the first of `width`.
local function load_claims(C, A, first, width)
  local ids = {}
  for k = first, #A, width do
    local J = job(C, A[k + 1])
    if J then want(ids, J, A[k + 2]) end
  end
  load(C, ids)
end

-- Takes one result that is not what nearly always comes.
local function hand_over_one(C, J, id, vid, eid, tok, payload, bytes, is_missing)
  local v = J and record(C, J, vid)
  if not J or not J.running then
    drop_ended(C, 'fetch', eid, id, vid)
    unlock_ended(C, J, id, vid)
    C.unlink[#C.unlink + 1] = payload
    return too_late(C, J)
  end
  if v and v.st == 'i' and v.ftok == tok then return OK end       -- the reply was lost, the call is repeated
  if not v or v.st ~= 'f' or v.tok ~= tok then
    C.unlink[#C.unlink + 1] = payload
    count(C, 'stale')
    return STALE
  end
  if is_missing then return MISSING end
  drop_fetch(C, J, eid)
  v.ftok = tok; v.tok = ''; v.dlv = 0; v.att = 0
  add_index(C, J, v, bytes)
  shift(J, v, 'i')
  C.bytes = C.bytes + number(bytes)
  C.held = C.held + 1
  return OK
end

local function hand_over(K, A)
  local C, keys, out, n = open(K[1]), {}, {}, 0
  load_claims(C, A, 1, 5)
  for k = 1, #A, 5 do
    n = n + 1
    keys[n] = payload_key(C, A[k + 1], A[k + 2], A[k + 3])
  end
  local none, gone, stream = missing(keys), C.gone.fetch, C.P .. 'index'
  local jobs, g, bytes_in, held_in = C.jobs, #gone, 0, 0
  n = 0
  for k = 1, #A, 5 do
    n = n + 1
    local eid, id, vid, tok, bytes = A[k], A[k + 1], A[k + 2], A[k + 3], A[k + 4]
    local J = jobs[id]
    if J and J.running and not none and J.cap == 0 and raw_of(J, vid) == 'f|' .. tok .. '|0|1|' .. eid .. '|' then
      -- What nearly always is: begun once, by whom it comes from.
      g = g + 1
      gone[g] = eid
      put(J, vid, 'i||0|0|' .. call('XADD', stream, '*', id, vid, tok, bytes) .. '|' .. tok)
      local counts = J.n
      counts.f = counts.f - 1; counts.i = counts.i + 1
      J.moved = true
      bytes_in = bytes_in + number(bytes)
      held_in = held_in + 1
      out[n] = OK
    else
      out[n] = hand_over_one(C, J, id, vid, eid, tok, keys[n], bytes, none and none[keys[n]])
      g = #gone
    end
  end
  C.bytes = C.bytes + bytes_in
  C.held = C.held + held_in
  close(C)
  return table.concat(out)
end

-- What was chosen of each video, for people. Comes before the hand-over; of a job that has ended nothing is kept.
local function note(K, A)
  local P, lists, running = K[1], {}, {}
  for k = 1, #A, 3 do
    local id = A[k]
    if running[id] == nil then running[id] = call('HGET', P .. 'job:' .. id, 'st') == 'R' end
    if running[id] then
      local list = lists[id] or {}
      lists[id] = list
      list[#list + 1] = A[k + 1]; list[#list + 1] = A[k + 2]
    end
  end
  for id, list in pairs(lists) do call('HSET', P .. 'notes:' .. id, unpack(list)) end
  return 1
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
  local entries, last = read(C, 'index', me, batch_limit(C, limit, max_bytes), from)
  local ids, out, n, token, taken = {}, {}, 0, me .. '#' .. nonce, 0
  for k = 1, #entries do
    local f = entries[k][2]
    local J = job(C, f[1])
    if J then want(ids, J, f[2]) end
  end
  load(C, ids)
  local begun = 'i|' .. token .. '|0|1|'
  for k = 1, #entries do
    local e = entries[k]
    local eid, f = e[1], e[2]
    local id, vid, ftok, bytes = f[1], f[2], f[3], f[4]
    local J, attempt, size = C.jobs[id], nil, number(bytes)
    local fits = taken == 0 or taken + size <= max_bytes
    if J and J.running and fits and raw_of(J, vid) == 'i||0|0|' .. eid .. '|' .. ftok then
      put(J, vid, begun .. eid .. '|' .. ftok)
      attempt = 1
    else
      local v = J and record(C, J, vid)
      if not J or not J.running then
        end_index(C, eid, payload_key(C, id, vid, ftok), size)
        unlock_ended(C, J, id, vid)
      elseif not v or v.st ~= 'i' or v.eid ~= eid then
        end_index(C, eid, payload_key(C, id, vid, ftok), size)
      elseif not fits then
        drop(C, 'index', eid)                   -- more than the caller can hold: somebody else's, unharmed
        add_index(C, J, v, bytes)
        keep(J, v)
      elseif poisoned(C, 'index', J, v) then
        end_index(C, eid, payload_key(C, id, vid, ftok), size)
      else
        v.tok = token
        keep(J, v)
        attempt = v.att + 1
      end
    end
    if attempt then
      taken = taken + size
      n = n + 1
      out[n] = eid .. ' ' .. id .. ' ' .. vid .. ' ' .. text(attempt) .. ' ' .. ftok .. ' ' .. bytes .. ' '
        .. (J.idx == '' and '-' or J.idx) .. ' ' .. J.src
    end
  end
  close(C)
  return answer(C, 'index', from, last, table.concat(out, '\n'))
end

-- The video is searchable.
local function indexed(C, key, now_s)
  local list, n = C.indexed, C.indexed_n
  list[n + 1] = key; list[n + 2] = now_s
  C.indexed_n = n + 2
  unlock_done(C, key)
end

local function complete_one(C, J, id, vid, eid, tok, ftok, bytes, now_s)
  local v = J and record(C, J, vid)
  if v and (v.st == 'd' or v.st == 's') and v.tok == tok then return OK end   -- the reply was lost, the call is repeated
  if not J or not J.running then
    drop_ended(C, 'index', eid, id, vid)
    unlock_ended(C, J, id, vid)
    return too_late(C, J)
  end
  if not v or v.st ~= 'i' or v.tok ~= tok or v.eid ~= eid then
    count(C, 'stale')
    return STALE
  end
  end_index(C, eid, payload_key(C, id, vid, ftok), number(bytes))
  -- The token stays, so that a repeated call is known; the rest is not needed any more.
  local listed = v.ftok == LISTED
  v.eid = ''; v.ftok = ''; v.dlv = 0
  shift(J, v, listed and 's' or 'd')
  if not listed then indexed(C, vid .. J.suffix, now_s) end
  return OK
end

local function complete(K, A)
  local C, out, n = open(K[1]), {}, 0
  local now_s, gone, unlink = text(math.floor(C.now / 1000)), C.gone.index, C.unlink
  local jobs, g, u, bytes_out, held_out = C.jobs, 0, 0, 0, 0
  load_claims(C, A, 1, 6)
  for k = 1, #A, 6 do
    n = n + 1
    local eid, id, vid, tok, ftok, bytes = A[k], A[k + 1], A[k + 2], A[k + 3], A[k + 4], A[k + 5]
    local J = jobs[id]
    if J and J.running and ftok ~= LISTED and raw_of(J, vid) == 'i|' .. tok .. '|0|1|' .. eid .. '|' .. ftok then
      put(J, vid, 'd|' .. tok .. '|0|0||')
      g = g + 1; u = u + 1
      gone[g] = eid
      unlink[u] = payload_key(C, id, vid, ftok)
      bytes_out = bytes_out + number(bytes)
      held_out = held_out + 1
      local counts = J.n
      counts.i = counts.i - 1; counts.d = counts.d + 1
      J.moved = true
      indexed(C, vid .. J.suffix, now_s)
      out[n] = OK
    else
      out[n] = complete_one(C, J, id, vid, eid, tok, ftok, bytes, now_s)
      g, u = #gone, #unlink
    end
  end
  C.bytes = C.bytes - bytes_out
  C.held = C.held - held_out
  close(C)
  return table.concat(out)
end

-- Both stages --------------------------------------------------------------------------------------------------------

local STATE = {fetch = 'f', index = 'i'}

-- Reads claims of `width` arguments; the wide ones have fetch token and bytes, and what follows is at `rest`.
local function claims(C, A, first, width)
  local items = {}
  load_claims(C, A, first, width)
  for k = first, #A, width do
    local it = {eid = A[k], job = A[k + 1], vid = A[k + 2], tok = A[k + 3], rest = k + 6}
    if width > 4 then
      it.payload = payload_key(C, it.job, it.vid, A[k + 4])
      it.bytes = tonumber(A[k + 5])
    end
    it.J = C.jobs[it.job]
    it.v = it.J and record(C, it.J, it.vid)
    items[#items + 1] = it
  end
  return items
end

-- Checks a claim. Nil: it holds; otherwise the outcome, and an entry of a job that ended is gone.
local function refused(C, stage, it)
  local J, v = it.J, it.v
  if not J or not J.running then
    drop_ended(C, stage, it.eid, it.job, it.vid)
    unlock_ended(C, J, it.job, it.vid)
    return too_late(C, J)
  end
  if not v or v.st ~= STATE[stage] or v.tok ~= it.tok or v.eid ~= it.eid then
    count(C, 'stale')
    return STALE
  end
end

local function fail(K, A)
  local stage, C, out = A[1], open(K[1]), {}
  for k, it in ipairs(claims(C, A, 2, 11)) do
    local no = refused(C, stage, it)
    if no then
      out[k] = no
    else
      local J, v, vid, r = it.J, it.v, it.vid, it.rest
      local consequence, retry_after, random = A[r], tonumber(A[r + 1]), tonumber(A[r + 2])
      local kind, message = A[r + 3], A[r + 4]
      if consequence ~= 'wait' then v.att = v.att + 1 end
      remember_error(C, J, vid, kind, message)
      if kind == 'suspected-blocking' then suspect(C, J) end
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
      out[k] = OK
    end
  end
  close(C)
  return table.concat(out)
end

local function beat(K, A)
  local stage, me, C, out, mine = A[1], A[2], open(K[1]), {}, {}
  for k, it in ipairs(claims(C, A, 3, 4)) do
    out[k] = refused(C, stage, it) or OK
    if out[k] == OK then mine[#mine + 1] = it.eid end
  end
  renew(C, stage, me, mine)
  close(C)
  return table.concat(out)
end

local function release(K, A)
  local stage, C, out = A[1], open(K[1]), {}
  for k, it in ipairs(claims(C, A, 2, 6)) do
    out[k] = refused(C, stage, it) or OK
    if out[k] == OK then
      local J, v = it.J, it.v
      if stage == 'index' and v.ftok ~= LISTED and call('EXISTS', it.payload) == 0 then
        end_index(C, it.eid, it.payload, it.bytes)
        fetch_again(C, J, v)
      elseif stage == 'index' then
        drop(C, 'index', it.eid)
        v.tok = ''; v.dlv = 0
        add_index(C, J, v, text(it.bytes))
        keep(J, v)
      else
        drop_fetch(C, J, it.eid)
        v.tok = ''; v.eid = ''; v.dlv = 0
        shift(J, v, 'q')
        requeue(C, J, it.vid, true)
        unlock(C, J.id, it.vid .. J.suffix)
      end
    end
  end
  close(C)
  return table.concat(out)
end

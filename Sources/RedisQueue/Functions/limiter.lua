-- Rate limit of an egress identity -----------------------------------------------------------------------------------
-- A token bucket whose rate is halved by trouble and raised by success, a breaker with one probe when half open, and a
-- sliding count of the last hour. Fields: tk tokens, ts when, r rate/s, st C closed | O open | H half open, un open until,
-- k openings in a row, ok clean requests, pr probe until, hw hour, hc count in it, hp count in the hour before, w weight:
-- so many times the limits of the settings are this identity's, as the one who asked last said.

local HOUR = 3600000
local LIMIT_FIELDS = {'tk', 'ts', 'r', 'st', 'un', 'k', 'ok', 'pr', 'hw', 'hc', 'hp', 'w'}

-- weight: nil for the one that is kept.
local function limit_load(P, identity, weight)
  local base, now = settings(P, LIMITS), clock()
  local h = call('HMGET', P .. 'limit:' .. identity, unpack(LIMIT_FIELDS))
  local s = {st = h[4] or 'C'}
  for k, name in ipairs(LIMIT_FIELDS) do if name ~= 'st' then s[name] = tonumber(h[k]) or 0 end end
  s.w = math.max(1, weight or s.w)
  local cfg = {}
  for name, value in pairs(base) do cfg[name] = value end
  for _, name in ipairs({'limit_rate', 'limit_burst', 'limit_hourly'}) do cfg[name] = base[name] * s.w end
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
  call('SADD', P .. 'identities', identity)
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
  local s, cfg, now = limit_load(P, identity, tonumber(A[3] or '1'))
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

-- All identities that were used in the last day.
local function identities(K)
  local out = {}
  for _, name in ipairs(call('SMEMBERS', K[1] .. 'identities')) do
    if call('EXISTS', K[1] .. 'limit:' .. name) == 1 then
      local l = limits(K, {name})
      out[#out + 1] = {name, l[1], l[2], l[3], l[4]}
    end
  end
  return out
end

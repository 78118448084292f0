-- Ids are <epoch>-<n> with n counting from 0 without holes. A log that is gone, or shorter than what this process has
-- seen, would give old ids to new entries: it goes on under a new epoch, greater than every one before.
-- An empty payload only looks after the epoch.
--
-- Where Redis lost the log it lost what was said too, and a process may still hold what another one logged before. So
-- whoever wrote in an earlier epoch waits a moment before it writes in this one, and all bring what they remember: an
-- entry without content, which begins the epoch, tells them. Who never wrote holds nothing back, and waits for nobody.
--
-- An event without a name is known by how often it was said: a process that says "the third" of two adds one. One that
-- says "the first" of several began later than others; it hears what was logged a moment ago, or else one more.
--
-- What a run did is said once, by whichever channel and however late another process is. A start that is later than the
-- run's last end is no repetition: the run has begun again, and whatever is older than that belongs to what was before.
-- Where a run's events have no time, a start counts as one moment old.
local log, epoch_key, seen_key, fold_key, storm_key, folded_key, new_key = unpack(KEYS)
local payload, seen_seconds, max_entries = ARGV[1], ARGV[2], ARGV[3]
local known_epoch, known_n = tonumber(ARGV[4]), tonumber(ARGV[5])
local fold_seconds, most_errors = tonumber(ARGV[6]), tonumber(ARGV[7])
local occurrence, window, moment = tonumber(ARGV[8]), ARGV[9], tonumber(ARGV[10])
local did, did_at = ARGV[11], tonumber(ARGV[12])
local wrote_epoch, remembering = tonumber(ARGV[13]), tonumber(ARGV[14])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local top_epoch, top_n = 0, -1
local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
if newest then
  local epoch, n = string.match(newest[1], '(%d+)-(%d+)')
  top_epoch, top_n = tonumber(epoch), tonumber(n)
end
local epoch = tonumber(redis.call('GET', epoch_key) or '0') or 0
local n = -1
if top_epoch == epoch then n = top_n end
local forgot = known_epoch == epoch and known_n > n
if not newest or epoch < top_epoch or epoch < known_epoch or forgot then
  epoch = math.max(now, epoch + 1, top_epoch + 1, known_epoch + 1)
  redis.call('SET', epoch_key, string.format('%.0f', epoch))
  redis.call('SET', new_key, '1', 'PX', remembering)
  if wrote_epoch > 0 then redis.call('XADD', log, string.format('%.0f', epoch) .. '-*', 'e', '') end
end
if wrote_epoch > 0 and wrote_epoch < epoch and redis.call('EXISTS', new_key) == 1 then return {'wait', 0, epoch} end
if payload == '' then return {'', 0, epoch} end
local started, again = string.find(did, 'started', 1, true) == 1, false
local function did_when() return did_at > 0 and did_at or (now - moment) / 1000 end
local function did_before()
  local at = did_when()
  local opened, closed, ended, before = unpack(redis.call('HMGET', seen_key, 'opened', 'closed', 'ended', did))
  again = started and before and ended and at > tonumber(before) and at >= tonumber(ended) and ended
  if again then return false end
  return before or opened and at < tonumber(opened) or closed and not started and at <= tonumber(closed)
end
local function note_done()
  local at = string.format('%.6f', did_at > 0 and did_at or now / 1000)
  if again then
    redis.call('DEL', seen_key)
    redis.call('HSET', seen_key, 'opened', string.format('%.6f', did_when()), 'closed', again)
  end
  redis.call('HSET', seen_key, did, at)
  if not started then redis.call('HSET', seen_key, 'ended', at) end
  redis.call('EXPIRE', seen_key, seen_seconds)
end
local function seen(as)
  if did ~= '' then return note_done() end
  if occurrence == 0 then return redis.call('SET', seen_key, as, 'EX', seen_seconds) end
  redis.call('HSET', seen_key, 'count', occurrence, 'at', string.format('%.0f', now))
  redis.call('EXPIRE', seen_key, window)
end
if did ~= '' and did_before() then return {'', 0, epoch} end
if did == '' and occurrence == 0 and redis.call('EXISTS', seen_key) == 1 then return {'', 0, epoch} end
if occurrence > 0 then
  local count = tonumber(redis.call('HGET', seen_key, 'count') or '0')
  local newly = now - tonumber(redis.call('HGET', seen_key, 'at') or '0') < moment
  if occurrence <= count and (occurrence > 1 or newly) then
    return {'', occurrence == 1 and count or occurrence, epoch}
  end
  occurrence = math.max(occurrence, count + 1)
end
local fields = {'e', payload}
if fold_seconds > 0 then
  if redis.call('EXISTS', fold_key) == 0 then
    local errors = redis.call('INCR', storm_key)
    if errors == 1 then redis.call('EXPIRE', storm_key, fold_seconds) end
    if errors > most_errors then fold_key = storm_key .. ':rest' end
  end
  local since = tonumber(redis.call('HGET', fold_key, 'since') or '')
  if since and time[1] - since < fold_seconds then
    redis.call('HINCRBY', fold_key, 'folded', 1)
    redis.call('INCR', folded_key)
    seen('folded')
    return {'', occurrence, epoch}
  end
  local folded = redis.call('HGET', fold_key, 'folded')
  if folded and folded ~= '0' then fields = {'e', payload, 'folded', folded} end
  redis.call('HSET', fold_key, 'since', time[1], 'folded', 0)
  redis.call('EXPIRE', fold_key, 4 * fold_seconds)
end
local id = redis.call('XADD', log, 'MAXLEN', '~', max_entries, string.format('%.0f', epoch) .. '-*', unpack(fields))
seen(id)
return {id, occurrence, epoch}

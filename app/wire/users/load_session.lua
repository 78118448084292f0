local user_id, created, epoch, seen = unpack(redis.call('HMGET', KEYS[1], 'user_id', 'created', 'epoch', 'seen'))
if not user_id or not created then return false end
local now, idle = tonumber(redis.call('TIME')[1]), tonumber(ARGV[1])
local ends = tonumber(created) + tonumber(ARGV[2])
if ends <= now then
  redis.call('DEL', KEYS[1])
  return false
end
seen = tonumber(seen or created)
if now - seen >= tonumber(ARGV[3]) then
  seen = now
  redis.call('HSET', KEYS[1], 'seen', now)
  redis.call('EXPIRE', KEYS[1], math.min(idle, ends - now))
end
return {user_id, created, epoch or '0', now, math.min(seen + idle, ends), ends, redis.call('GET', ARGV[4] .. user_id) or '0'}

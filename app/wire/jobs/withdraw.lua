if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
local time = redis.call('TIME')
redis.call('HSET', KEYS[2], 'state', 'withdrawn', 'left', time[1])
redis.call('HDEL', KEYS[2], 'payload')
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 1

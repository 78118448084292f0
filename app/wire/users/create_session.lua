-- Redis' own clock decides, so that processes whose clocks differ agree.
local now = redis.call('TIME')[1]
local idle, absolute = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('HSET', KEYS[1], 'user_id', ARGV[3], 'created', now, 'seen', now, 'user_agent', ARGV[4], 'ip', ARGV[5],
  'epoch', ARGV[7], 'begun', ARGV[8])
redis.call('EXPIRE', KEYS[1], math.min(idle, absolute))
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - absolute)
redis.call('ZADD', KEYS[2], now, ARGV[6])
redis.call('EXPIRE', KEYS[2], absolute)
return now

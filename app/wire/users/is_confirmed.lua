local created, confirmed, begun = unpack(redis.call('HMGET', KEYS[1], 'created', 'confirmed', 'begun'))
if not created then return 0 end
local shown = confirmed or (begun ~= 'new-password' and created) or 0
return redis.call('TIME')[1] - shown < tonumber(ARGV[1]) and 1 or 0

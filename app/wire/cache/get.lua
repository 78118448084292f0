local versions = redis.call('MGET', unpack(KEYS, 2))
for index, version in ipairs(versions) do versions[index] = version or '' end
local now = table.concat(versions, ' ')
local held, value = unpack(redis.call('HMGET', KEYS[1], 'versions', 'value'))
if held == now and value then return {now, value, redis.call('PTTL', KEYS[1])} end
return {now, '', 0}

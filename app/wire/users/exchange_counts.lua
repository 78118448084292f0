local now = tonumber(redis.call('TIME')[1])
redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], 2 * tonumber(ARGV[3]))
local all, fresh = redis.call('HGETALL', KEYS[1]), {}
for place = 1, #all, 2 do
  local at, held = string.match(all[place + 1], '^(%d+) (.*)$')
  if not at or now - tonumber(at) > tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[1], all[place])
  elseif all[place] ~= ARGV[1] then
    table.insert(fresh, {all[place], held})
  end
end
return fresh

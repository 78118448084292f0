-- KEYS[1]: hash of the live rules: "<rank> <when it was last announced>" by key, by the clock of Redis.
-- ARGV: seconds that an announcement counts, the most live rules, then key and rank in turn.
-- Returns the keys that are live: where there are too many, those with the highest ranks.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
for at = 3, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[at], string.format('%s %.3f', ARGV[at + 1], now))
end
local all, live = redis.call('HGETALL', KEYS[1]), {}
for at = 1, #all, 2 do
  local rank, seen = string.match(all[at + 1], '^(%S+) (%S+)$')
  if tonumber(rank) and tonumber(seen) and tonumber(seen) >= now - ARGV[1] then
    live[#live + 1] = { tonumber(rank), all[at] }
  else
    redis.call('HDEL', KEYS[1], all[at])
  end
end
table.sort(live, function(one, other)
  if one[1] == other[1] then return one[2] < other[2] end
  return one[1] > other[1]
end)
local keys = {}
for place, each in ipairs(live) do
  if place <= tonumber(ARGV[2]) then
    keys[place] = each[2]
  else
    redis.call('HDEL', KEYS[1], each[2])
  end
end
return keys

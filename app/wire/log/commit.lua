-- A consumer that lost its lease may still say how far it came: a cursor never goes back.
local found = redis.call('GET', KEYS[1])
if found then
  local epoch, n = string.match(found, '^(%d+)-(%d+)$')
  local known_epoch, known_n = tonumber(epoch), tonumber(n)
  local to_epoch, to_n = tonumber(ARGV[2]), tonumber(ARGV[3])
  if known_epoch and (known_epoch > to_epoch or known_epoch == to_epoch and known_n >= to_n) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1])
return 1

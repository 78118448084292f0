-- TYPE and value in one step: an engine may put a hash where a string was between two questions.
-- The keys are no KEYS: those must be writable, and nobody should let us write here.
local most, most_fields = tonumber(ARGV[1]), tonumber(ARGV[2])
local found = {}
for index = 1, #ARGV - 2 do
  local key = ARGV[index + 2]
  local kind = redis.call('TYPE', key).ok
  if kind == 'string' and redis.call('STRLEN', key) <= most then
    found[index] = redis.call('GET', key)
  elseif kind == 'hash' and redis.call('HLEN', key) <= most_fields then
    local held = redis.call('HGETALL', key)
    found[index] = #table.concat(held) <= most and held or ''
  else
    found[index] = ''
  end
end
return found

local time = redis.call('TIME')
for _, key in ipairs(KEYS) do
  local version = time[1] .. '.' .. time[2]
  if version == redis.call('GET', key) then version = version .. '+' end
  redis.call('SET', key, version, 'EX', ARGV[1])
end
return redis.call('PUBLISH', ARGV[2], ARGV[3])

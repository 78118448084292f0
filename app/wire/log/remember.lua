-- What is known already is newer. Of each event: how often it was said, what a run did, when, and how long to keep it.
for at, key in ipairs(KEYS) do
  local occurrence, did, when, seconds = unpack(ARGV, 4 * at - 3, 4 * at)
  if did ~= '' then
    if tonumber(redis.call('HGET', key, did) or '0') < tonumber(when) then redis.call('HSET', key, did, when) end
    local ended = string.find(did, 'started', 1, true) ~= 1
    if ended and tonumber(redis.call('HGET', key, 'ended') or '0') < tonumber(when) then
      redis.call('HSET', key, 'ended', when)
    end
  elseif occurrence ~= '0' then
    if tonumber(redis.call('HGET', key, 'count') or '0') < tonumber(occurrence) then
      redis.call('HSET', key, 'count', occurrence, 'at', string.format('%.0f', tonumber(when) * 1000))
    end
  else
    redis.call('SET', key, 'earlier', 'NX')
  end
  redis.call('EXPIRE', key, seconds)
end

-- One script publishes and records it: whichever web process runs it, wherever that is killed, a job goes out once.
-- In order on each channel. A channel without subscribers is not tried again in the same pass.
local function offer(waiting, prefix, retention, limit)
  local time = redis.call('TIME')
  local now = time[1] + time[2] / 1000000
  local without_subscribers, offered, trouble = {}, 0, ''
  local function finish(record, id, state, receivers)
    redis.call('HSET', record, 'state', state, 'receivers', receivers, 'left', string.format('%.6f', now))
    redis.call('HDEL', record, 'payload')
    redis.call('EXPIRE', record, retention)
    redis.call('LREM', waiting, 1, id)
  end
  for _, id in ipairs(redis.call('LRANGE', waiting, 0, -1)) do
    local record = prefix .. id
    local channel, lapses = unpack(redis.call('HMGET', record, 'channel', 'lapses'))
    if not channel then
      redis.call('LREM', waiting, 1, id)
    elseif tonumber(lapses) <= now then
      finish(record, id, 'lapsed', 0)
    elseif not without_subscribers[channel] and offered < limit then
      local receivers = redis.pcall('PUBLISH', channel, redis.call('HGET', record, 'payload'))
      if type(receivers) == 'table' then
        trouble, receivers = receivers.err or 'not published', 0
      end
      if receivers == 0 then
        without_subscribers[channel] = true
      else
        finish(record, id, 'delivered', receivers)
        offered = offered + 1
      end
    end
  end
  return offered, trouble
end

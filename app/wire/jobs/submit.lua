local stream, waiting, record, idempotency = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, kind, channel, payload, patience = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local prefix, retention, limit, max_waiting, max_entries = ARGV[6], ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10]
local call = ARGV[11]
local trouble, _ = '', 0
local job = redis.call('GET', idempotency)
if not job and redis.call('EXISTS', record) == 1 then job = id end
if not job then
  if redis.call('LLEN', waiting) >= max_waiting then
    _, trouble = offer(waiting, prefix, retention, limit)
    if redis.call('LLEN', waiting) >= max_waiting then return {'full', id, 0, '', trouble} end
  end
  local time = redis.call('TIME')
  local now = time[1] + time[2] / 1000000
  redis.call('XADD', stream, 'MAXLEN', '~', max_entries, '*',
    'id', id, 'kind', kind, 'channel', channel, 'payload', payload)
  redis.call('HSET', record, 'state', 'waiting', 'kind', kind, 'channel', channel, 'payload', payload, 'receivers', 0,
    'call', call, 'submitted', string.format('%.6f', now), 'lapses', string.format('%.6f', now + patience))
  redis.call('RPUSH', waiting, id)
  redis.call('SET', idempotency, id, 'EX', retention)
  _, trouble = offer(waiting, prefix, retention, limit)
  job = id
end
local state, receivers, by = unpack(redis.call('HMGET', prefix .. job, 'state', 'receivers', 'call'))
return {state or 'delivered', job, tonumber(receivers or '0'), by or '', trouble}

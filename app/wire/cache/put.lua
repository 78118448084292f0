redis.call('HSET', KEYS[1], 'versions', ARGV[1], 'value', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])

#!lua flags=no-writes
-- Counts the open runs of a partition by the version of their code, without looking at any run.
--
-- KEYS  versions  hash  open runs by type and version
--       …indexes  zset  indexes of (type, open status)
-- ARGV  none
-- Reply versions total (of all indexes) counts (field, count, field, count, …)
-- Writes nothing.

local versions = KEYS[1]

local total = 0
for index = 2, #KEYS do
	total = total + redis.call("ZCARD", KEYS[index])
end
return { "versions", total, redis.call("HGETALL", versions) }

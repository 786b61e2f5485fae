#!lua flags=allow-oom
-- Appends a batch to the audit log, each entry chained to the one before it.
--
-- KEYS  audit         stream  the log
--       auditBatches  zset    batches appended lately
-- ARGV  batchId   string, fresh
--       keep      integer, about how many entries stay
--       rememberMs integer, how long a batch can be recognised
--       …entries  JSON texts
-- Reply appended | duplicate
-- Writes only when the reply is appended.

-- @include now-ms

local audit, auditBatches = KEYS[1], KEYS[2]
local batchId, keep, rememberMs = ARGV[1], ARGV[2], tonumber(ARGV[3])

local now = now_ms()
if redis.call("ZSCORE", auditBatches, batchId) then
	return { "duplicate" }
end
local newest = redis.call("XREVRANGE", audit, "+", "-", "COUNT", 1)
local chain = newest[1] and newest[1][2][4] or ""
for index = 4, #ARGV do
	chain = redis.sha1hex(chain .. ARGV[index])
	redis.call("XADD", audit, "MAXLEN", "~", keep, "*", "entry", ARGV[index], "chain", chain)
end
redis.call("ZADD", auditBatches, integer(now), batchId)
redis.call("ZREMRANGEBYSCORE", auditBatches, "-inf", integer(now - rememberMs))
return { "appended" }

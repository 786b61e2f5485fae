-- Accepts a start, or a signal of an open workflow: the owner finds it in the inbox.
--
-- KEYS  header  hash    the workflow: runId, status, updatedAtMs
--       inbox   stream  what is accepted and not yet processed
--       index   zset    workflows by time of change
-- ARGV  kind    "start" | "signal"
--       id      string
--       data    string, the input or the payload
--       nowMs   epoch ms
-- Reply accepted | refused
-- Writes only when the reply is accepted.

local header, inbox, index = KEYS[1], KEYS[2], KEYS[3]
local kind, id, data, nowMs = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local status = redis.call("HGET", header, "status")
if kind == "start" and status or kind == "signal" and status ~= "running" then
	return { "refused" }
end
if kind == "start" then
	redis.call("HSET", header, "runId", id, "status", "running", "updatedAtMs", nowMs)
	redis.call("ZADD", index, nowMs, id)
end
redis.call("XADD", inbox, "*", "kind", kind, "id", id, "data", data)
return { "accepted" }

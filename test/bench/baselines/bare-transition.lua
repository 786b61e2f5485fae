-- One durable transition of seven commands: what any engine on Redis has to do at least.
--
-- KEYS  header   hash    the workflow: runId, status, updatedAtMs, historyLength
--       history  list    its steps
--       inbox    stream  what is accepted and not yet processed
--       index    zset    workflows by time of change
-- ARGV  id       string
--       data     string, the recorded step
--       nowMs    epoch ms
-- Reply runId status historyLength, as before

local header, history, inbox, index = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, data, nowMs = ARGV[1], ARGV[2], ARGV[3]

local before = redis.call("HMGET", header, "runId", "status", "historyLength")
redis.call("HSET", header, "runId", id, "status", "running", "updatedAtMs", nowMs)
redis.call("HINCRBY", header, "historyLength", 1)
redis.call("RPUSH", history, data)
local entry = redis.call("XADD", inbox, "*", "id", id, "data", data)
redis.call("XDEL", inbox, entry)
redis.call("ZADD", index, nowMs, id)
return before

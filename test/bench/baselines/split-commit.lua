-- Commits one step of a workflow; the last one closes it, clears the inbox and tells the client.
--
-- KEYS  header   hash    the workflow: status, updatedAtMs, historyLength
--       history  list    its steps
--       inbox    stream  what is accepted and not yet processed
--       index    zset    workflows by time of change
-- ARGV  id       string
--       data     string, the recorded step
--       nowMs    epoch ms
--       status   "running" | "completed"
--       entry    id in the inbox that is processed now, or "" to leave it there
--       channel  where the client listens, or "" to tell nobody
-- Reply committed | refused
-- Writes only when the reply is committed.

local header, history, inbox, index = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, data, nowMs = ARGV[1], ARGV[2], ARGV[3]
local status, entry, channel = ARGV[4], ARGV[5], ARGV[6]

if redis.call("HGET", header, "status") ~= "running" then
	return { "refused" }
end
redis.call("HSET", header, "status", status, "updatedAtMs", nowMs)
redis.call("HINCRBY", header, "historyLength", 1)
redis.call("RPUSH", history, data)
redis.call("ZADD", index, nowMs, id)
if entry ~= "" then
	redis.call("XDEL", inbox, entry)
end
if channel ~= "" then
	redis.call("PUBLISH", channel, id)
end
return { "committed" }

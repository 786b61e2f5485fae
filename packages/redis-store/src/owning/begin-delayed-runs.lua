#!lua flags=allow-oom
-- Lets delayed runs begin whose time has come.
--
-- KEYS  lease    hash    ownership of the partition
--       inbox    stream  accepted events
--       timers   zset    due times
--       …headers hash    per timer, the header of its run
-- ARGV  nonce    string
--       …timers  per timer: member, workflowId, runId
-- Reply done | lease-lost
-- A start that is gone or not yet due is skipped; one whose run is closed or replaced is removed.

-- @include now-ms
-- @include run-status
-- @include append-mark

local lease, inbox, timers = KEYS[1], KEYS[2], KEYS[3]
local nonce = ARGV[1]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
local now = now_ms()
for index = 4, #KEYS do
	local header, first = KEYS[index], 2 + (index - 4) * 3
	local member, workflowId, runId = ARGV[first], ARGV[first + 1], ARGV[first + 2]
	local due = redis.call("ZSCORE", timers, member)
	if due and tonumber(due) <= now then
		local currentRun, status = unpack(redis.call("HMGET", header, "runId", "status"))
		if currentRun == runId and OPEN[status] then
			redis.call("HDEL", header, "waitsForStart")
			-- What the owner has in memory still waits; it reads the run again.
			append_notice(lease, inbox, workflowId, runId)
		end
		redis.call("ZREM", timers, member)
	end
end
return { "done" }

#!lua flags=allow-oom
-- Turns due user timers into events of their runs.
--
-- KEYS  lease    hash    ownership of the partition
--       inbox    stream  accepted events
--       timers   zset    due times
--       …headers hash    per timer, the header of its run
-- ARGV  nonce    string
--       …timers  per timer: member, workflowId, runId, seq
-- Reply done | lease-lost
-- A timer that is gone or not yet due is skipped; one whose run is closed or replaced is removed.

-- @include now-ms
-- @include run-status
-- @include append-event

local lease, inbox, timers = KEYS[1], KEYS[2], KEYS[3]
local nonce = ARGV[1]

if redis.call("HGET", lease, "nonce") ~= nonce then
	return { "lease-lost" }
end
local now = now_ms()
for index = 4, #KEYS do
	local header, first = KEYS[index], 2 + (index - 4) * 4
	local member, workflowId, runId, seq = ARGV[first], ARGV[first + 1], ARGV[first + 2], ARGV[first + 3]
	local due = redis.call("ZSCORE", timers, member)
	if due and tonumber(due) <= now then
		local currentRun, status = unpack(redis.call("HMGET", header, "runId", "status"))
		if currentRun == runId and OPEN[status] then
			append_event(lease, inbox, header, {
				kind = "timer-fired", workflowId = workflowId, runId = runId, reference = seq,
			})
		end
		redis.call("ZREM", timers, member)
	end
end
return { "done" }

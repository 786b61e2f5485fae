-- @include now-ms
-- @include run-status
-- Takes due timers out of the set and tells `act` of each whose run is open: header, workflowId, runId, seq.
-- KEYS from the fourth on are the headers, ARGV from the second on has per timer: member, workflowId, runId, seq.
-- A timer that is gone or not yet due is skipped; one whose run is closed or replaced is removed all the same.
local function each_due_run(timers, act)
	local now = now_ms()
	for index = 4, #KEYS do
		local header, first = KEYS[index], 2 + (index - 4) * 4
		local member, workflowId, runId, seq = ARGV[first], ARGV[first + 1], ARGV[first + 2], ARGV[first + 3]
		local due = redis.call("ZSCORE", timers, member)
		if due and tonumber(due) <= now then
			local currentRun, status = unpack(redis.call("HMGET", header, "runId", "status"))
			if currentRun == runId and OPEN[status] then
				act(header, workflowId, runId, seq)
			end
			redis.call("ZREM", timers, member)
		end
	end
end

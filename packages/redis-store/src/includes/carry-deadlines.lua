-- Takes the deadlines of a run over to the one that it continues as: the execution timeout goes on, the run timeout
-- begins anew. Call before the header is the successor's; `now` in epoch ms.
-- Returns when the earlier one is due, nil when there is none.
local function carry_deadlines(header, now)
	local createdAtMs, startAtMs, execution, ofRun =
		unpack(redis.call("HMGET", header, "createdAtMs", "startAtMs", "executionDeadlineMs", "runDeadlineMs"))
	if startAtMs then
		redis.call("HDEL", header, "startAtMs")
	end
	execution, ofRun = execution and tonumber(execution), ofRun and tonumber(ofRun)
	if ofRun then
		ofRun = now + ofRun - tonumber(startAtMs or createdAtMs)
		redis.call("HSET", header, "runDeadlineMs", integer(ofRun))
	end
	return (execution or ofRun) and math.min(execution or ofRun, ofRun or execution)
end

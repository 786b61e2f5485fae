-- Whether the current run is the one that is meant, or goes on for it. "" means any.
local function is_run(header, currentRun, expectedRun)
	if expectedRun == "" or currentRun == expectedRun then
		return true
	end
	local firstRunId, continuedFrom = unpack(redis.call("HMGET", header, "firstRunId", "continuedFrom"))
	return firstRunId == expectedRun or continuedFrom == expectedRun
end

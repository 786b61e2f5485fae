-- Whether the current run is the one that is meant, or goes on for it. "" means any.
local function is_run(header, currentRun, expectedRun)
	return expectedRun == "" or currentRun == expectedRun
		or redis.call("HGET", header, "firstRunId") == expectedRun
end

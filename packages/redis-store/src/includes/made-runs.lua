-- Runs that a reset, fork or import made, remembered as long as the signal ids of the workflow: by its run id a repetition
-- finds what it has done, whatever became of the run since.
local function was_made(keys, runId)
	return redis.call("HEXISTS", keys.signalIds, "made:" .. runId) == 1
end

local function remember_made(keys, runId)
	redis.call("HSET", keys.signalIds, "made:" .. runId, "1")
end

-- Member of the timers zset; `timerMember` in keys.ts writes the same.
local function timer_member(kind, seq, run)
	return kind .. ":" .. seq .. ":" .. run.runId .. ":" .. run.workflowId
end

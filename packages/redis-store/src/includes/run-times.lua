-- @include now-ms
-- @include timer-member
-- When a new run starts and until when it must have ended.
-- times: startAfterMs, startAtMs, executionTimeoutMs, runTimeoutMs; each text, "" for none
-- Returns nil when it starts at once and without limit, else: startAtMs when it is delayed, executionDeadlineMs,
-- runDeadlineMs; numbers or nil.
local function planned_times(times, now)
	local planned, startsAt = {}, now
	if times.startAfterMs ~= "" then
		startsAt = now + tonumber(times.startAfterMs)
	elseif times.startAtMs ~= "" then
		startsAt = tonumber(times.startAtMs)
	end
	if startsAt > now then
		planned.startAtMs = startsAt
	else
		startsAt = now
	end
	if times.executionTimeoutMs ~= "" then
		planned.executionDeadlineMs = startsAt + tonumber(times.executionTimeoutMs)
	end
	if times.runTimeoutMs ~= "" then
		planned.runDeadlineMs = startsAt + tonumber(times.runTimeoutMs)
	end
	return next(planned) and planned
end

-- Notes them on a run that was just created. One timer each, in the same step: a partition that nobody owns for a
-- while loses none.
local function note_times(timers, header, run, planned)
	if planned.startAtMs then
		redis.call("HSET", header, "startAtMs", integer(planned.startAtMs), "waitsForStart", "1")
		redis.call("ZADD", timers, integer(planned.startAtMs), timer_member("start", "0", run))
	end
	local execution, ofRun = planned.executionDeadlineMs, planned.runDeadlineMs
	if execution then
		redis.call("HSET", header, "executionDeadlineMs", integer(execution))
	end
	if ofRun then
		redis.call("HSET", header, "runDeadlineMs", integer(ofRun))
	end
	if execution or ofRun then
		local earlier = math.min(execution or ofRun, ofRun or execution)
		redis.call("ZADD", timers, integer(earlier), timer_member("deadline", "0", run))
	end
end

-- The timers of a run that is replaced; nothing is told where there are none.
local function forget_times(timers, run)
	redis.call("ZREM", timers, timer_member("start", "0", run), timer_member("deadline", "0", run))
end

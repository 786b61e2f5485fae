-- How many ended updates of each kind a workflow remembers the end of, and how many bytes of answers one that continues
-- as new takes along. Both bound what one workflow can weigh, however many updates it is asked for.
local REMEMBERED_UPDATES = 100
local CARRIED_ANSWER_BYTES = 1048576

-- Notes an update as the newest of its kind ("rejections" or "completions"); returns the one that it displaces, or false.
local function remember_update(signalIds, kind, updateId)
	local slot = kind .. ":" .. redis.call("HINCRBY", signalIds, kind, 1) % REMEMBERED_UPDATES
	local displaced = redis.call("HGET", signalIds, slot)
	redis.call("HSET", signalIds, slot, updateId)
	return displaced
end

-- A rejected update has changed nothing, so forgetting it does no harm: asked for again, it is judged anew.
local function remember_rejection(signalIds, updateId)
	local displaced = remember_update(signalIds, "rejections", updateId)
	if displaced then
		redis.call("HDEL", signalIds, "u:" .. displaced)
	end
end

-- The id of a completed update is never forgotten, else a repetition would run it again; what it answered may be.
local function remember_completion(signalIds, updateId)
	local displaced = remember_update(signalIds, "completions", updateId)
	if displaced and string.match(redis.call("HGET", signalIds, "u:" .. displaced), "^answered:") then
		redis.call("HSET", signalIds, "u:" .. displaced, "forgotten")
	end
end

-- Before the history of a run goes: the newest answers of its updates are copied from there, as many as there is room
-- for, and the newest in any case. Those that an earlier run left take their part of the room.
local function carry_answers(signalIds, turn)
	local count = tonumber(redis.call("HGET", signalIds, "completions") or "0")
	local room = CARRIED_ANSWER_BYTES
	for number = count, math.max(1, count - REMEMBERED_UPDATES + 1), -1 do
		local field = "u:" .. redis.call("HGET", signalIds, "completions:" .. number % REMEMBERED_UPDATES)
		local state = redis.call("HGET", signalIds, field)
		local index, carried = string.match(state, "^completed:(%d+):"), string.match(state, "^answered:[^:]+:(.*)$")
		local record = carried
		if index then
			-- The turn that ends the run does not store its records.
			record = turn.records[tonumber(index) - turn.historyLengthBefore + 1]
				or redis.call("LINDEX", turn.history, index)
		end
		if record then
			room = room - #record
			if room < 0 and number < count then
				redis.call("HSET", signalIds, field, "forgotten")
			elseif index then
				redis.call("HSET", signalIds, field, "answered:" .. turn.runId .. ":" .. record)
			end
		end
	end
end
